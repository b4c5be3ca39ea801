"""The geometry of the study's charts; the templates draw them as SVG, in colours that follow light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genbench.report.axes import Axis, log_axis
from laboratory.claims import spoken
from laboratory.divergences.figures import Chart, Series, curves, line
from laboratory.likelihood.tables import scored

Record = Mapping[str, Any]

#: By set of images: its name in tables and charts.
SETS = {
    "own": "own",
    "held_out": "the left-out class",
    "inverted": "inverted",
    "blurred": "blurred",
    "dimmed": "dimmed",
    "shuffled": "shuffled pixels",
    "noise": "noise",
    "constant": "one grey",
    "black": "black",
}
#: By estimator of log P: its name in legends and tables.
ESTIMATORS = {"iwae": "IWAE", "elbo": "ELBO", "prior": "codes of the prior"}
#: By decoder: its name in charts and tables.
MODELS = {"vae": "VAE", "gan": "GAN, seen through noise"}
COLOURS = {"iwae": "c0", "elbo": "c2", "prior": "c1"}
KINDS = {"exact": "c0", "lower bound": "c2", "estimate": "c3"}
ROW = 22.0  # height of a row
LETTER = 6.5  # width of a label's letter
LINE = 13.0  # height of a label


def estimates(record: Record, size: tuple[float, float] = (340, 220)) -> Chart:
    """Draw mean estimates of log P against the number of codes; what is far below is cut off."""
    counts, rows, best = record["counts"], record["estimators"], record["best"]
    below = best - rows["elbo"]["mean"][-1]
    low = min(best - 3 * below, rows["prior"]["mean"][-1] - 0.5 * below, min(rows["iwae"]["mean"]))
    x, y = log_axis(counts, 0.0, size[0]), Axis(low - 0.1, best + 0.15 * (best - low) + 0.1, size[1], 0.0)
    series = [Series(f"IWAE, {record['draws']} codes", "c5 dashed", line(x, y, [(n, best) for n in counts]))]
    for name, row in rows.items():
        points = list(zip(counts, row["mean"], strict=True))
        dots = [
            (x.at(n), y.at(mean), f"{ESTIMATORS[name]}, k = {n}: {mean:.2f} nats")
            for n, mean in points
            if mean >= y.low
        ]
        series.append(Series(ESTIMATORS[name], COLOURS[name], line(x, y, points), dots))
    ends = "; ".join(f"{ESTIMATORS[n]} {row['mean'][0]:.1f} to {row['mean'][-1]:.1f}" for n, row in rows.items())
    summary = f"Estimates of log P in nats from {counts[0]} to {counts[-1]} codes: {ends}"
    return Chart("Mean estimate of log P, nats an image", x, y, "codes k", "", series, summary)


def spreads(record: Record) -> Chart:
    """Draw the standard deviation of one image's estimate against the number of codes."""
    by = {ESTIMATORS[name]: (COLOURS[name], row["sd"]) for name, row in record["estimators"].items()}
    title = "Standard deviation of one image's estimate, nats"
    return curves(title, record["counts"], by, ("codes k", ""), log_x=True, log_y=True, size=(340, 220))


def sandwich(record: Record, name: str, size: tuple[float, float] = (340, 220)) -> Chart:
    """Draw both bounds of log P of a model's own images, and the estimate of test images, against distributions."""
    of = record["models"][name]
    by: dict[str, tuple[str, Sequence[float | None]]] = {
        "own images, from above": ("c1", of["own"]["upper"]["mean"]),
        "own images, from below": ("c0", of["own"]["lower"]["mean"]),
        "test images, from below": ("c2", of["test"]["mean"]),
    }
    title = f"{MODELS[name]}: log P, nats an image"
    return curves(title, record["steps"], by, ("distributions", ""), log_x=True, size=size)


@dataclass(frozen=True)
class Labelled:
    """Chart with names beside some of its points: (x, y, anchor, text)."""

    chart: Chart
    labels: Sequence[tuple[float, float, str, str]]


def plane(record: Record, size: tuple[float, float] = (560, 360)) -> Labelled:
    """Draw bits per dimension against FID: runs by kind of number, and the paths of the mixture and the memoriser."""
    runs, mixed, memory = scored(record), record["mixture"], record["memoriser"]
    pair = [("the model", mixed["base"]), (f"with {1 - mixed['share']:.0%} noise", mixed["mixture"])]
    across = [*(run["bits"] for run in runs), *(model["bits"] for _, model in pair), *(row["test"] for row in memory)]
    up = [row["fid"] for row in [*runs, *(model for _, model in pair), *memory]]
    margin = 0.04 * (max(across) - min(across)) or 0.5
    x, y = Axis(min(across) - margin, max(across) + margin, 0.0, size[0]), log_axis(up, size[1], 0.0)

    def dot(bits: float, fid: float, name: str) -> tuple[float, float, str]:
        return x.at(bits), y.at(fid), f"{name}: {bits:.3f} bits a dimension, FID {fid:.1f}"

    series = [
        Series(
            f"runs, {kind}", css, (), [dot(run["bits"], run["fid"], run["run"]) for run in runs if run["kind"] == kind]
        )
        for kind, css in KINDS.items()
        if any(run["kind"] == kind for run in runs)
    ]
    path = [(model["bits"], model["fid"]) for _, model in pair]
    series.append(
        Series(
            "a model and its mixture with noise",
            "c1",
            line(x, y, path),
            [dot(*at, n) for at, (n, _) in zip(path, pair, strict=True)],
        )
    )
    way = [(model["test"], model["fid"]) for model in memory]
    slips = [f"memoriser, slips in {model['slip']:g}" for model in memory]
    dots = [dot(*at, name) for at, name in zip(way, slips, strict=True)]
    series.append(Series("the memoriser, as more pixels slip", "c4", line(x, y, way), dots))
    wanted = [(*path[i], pair[i][0]) for i in (0, 1)] + [(*way[i], slips[i]) for i in (0, -1)]
    wanted += [(run["bits"], run["fid"], spoken(run["run"])) for run in runs]
    occupied = [(at[0] - 4, at[1] - 4, at[0] + 4, at[1] + 4) for drawn in series for at in drawn.dots]
    labels = labels_of([(x.at(bits), y.at(fid), name) for bits, fid, name in wanted], occupied, size)
    summary = "Bits per dimension against FID of each run and constructed model; the table has the numbers"
    return Labelled(Chart("", x, y, "bits per dimension", "FID", series, summary), labels)


def labels_of(
    wanted: Sequence[tuple[float, float, str]],
    occupied: list[tuple[float, float, float, float]],
    size: tuple[float, float],
) -> list[tuple[float, float, str, str]]:
    """Set names to the right or left of points, above or below them; one that has no room is left out."""
    taken, labels = list(occupied), []
    for x, y, name in wanted:
        width = LETTER * len(name)
        for side, left in (("start", x + 8), ("end", x - 8 - width)):
            for drop in (-7.0, 4.0, 15.0):
                box = (left, y + drop - LINE + 3, left + width, y + drop + 3)
                inside = box[0] >= 0 and box[2] <= size[0] and box[1] >= 0 and box[3] <= size[1]
                if inside and not any(_overlap(box, other) for other in taken):
                    break
            else:
                continue
            taken.append(box)
            labels.append((left if side == "start" else left + width, y + drop, side, name))
            break
    return labels


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def gaps(record: Record) -> Chart:
    """Draw both gaps of every image, sorted."""
    each = {name: sorted(gap["each"]) for name, gap in record["gap"]["gaps"].items()}
    by: dict[str, tuple[str, Sequence[float | None]]] = {
        "amortisation gap": ("c0", each["amortisation"]),
        "approximation gap": ("c1", each["approximation"]),
    }
    ranks = [float(rank + 1) for rank in range(len(each["amortisation"]))]
    return curves("Gaps, nats, each sorted by size", ranks, by, ("images", ""), size=(340, 220))


def rate(record: Record, size: tuple[float, float] = (560, 300)) -> Chart:
    """Draw the error of a pixel against the bits of a code, by its size, and what a linear code makes of as many."""
    series, points = [], [row for rows in record["sizes"].values() for row in rows]
    x = Axis(0, 1.05 * max(row["bits"] for row in points), 0.0, size[0])
    errors = [row[kind] for row in points for kind in ("error", "linear")]
    y = Axis(0.95 * min(errors), 1.02 * max(errors), size[1], 0.0)
    for at, (numbers, rows) in enumerate(record["sizes"].items()):
        ordered = sorted(rows, key=lambda row: row["bits"])
        for kind, name, css in (("error", "VAE", ""), ("linear", "linear", " dashed")):
            way = [(row["bits"], row[kind]) for row in ordered]
            texts = [f"{name}, {numbers} numbers: {bits:.1f} bits, error {error:.3f}" for bits, error in way]
            dots = [(x.at(bits), y.at(error), text) for (bits, error), text in zip(way, texts, strict=True)]
            series.append(Series(f"{name}, {numbers} numbers", f"c{at}{css}", line(x, y, way), dots))
    summary = "Error of a pixel against bits of a code; the table has the numbers"
    return Chart("Error of a pixel, root mean square", x, y, "bits an image", "", series, summary)


@dataclass(frozen=True)
class Rows:
    """Named rows on one axis. marks: (name, y, thin bar, thick bar, dot, title), bars as (start, end) or None."""

    title: str
    x: Axis
    height: float
    x_name: str
    marks: Sequence[tuple[str, float, tuple[float, float] | None, tuple[float, float] | None, float, str]]
    summary: str


def variances(record: Record, width: float = 300) -> Rows:
    """Draw the total variance of each estimate of the gradient."""
    rows = record["gradients"]["estimators"]
    x = log_axis([row["variance"] for row in rows.values()], 0.0, width)
    marks = [
        (name, ROW * (at + 0.5), (0.0, x.at(row["variance"])), None, x.at(row["variance"]), f"{row['variance']:.3g}")
        for at, (name, row) in enumerate(rows.items())
    ]
    summary = "; ".join(f"{name} {row['variance']:.3g}" for name, row in rows.items())
    return Rows(
        "Total variance of the gradient", x, ROW * len(marks), "variance", marks, f"Variance of gradients: {summary}"
    )


def ranges(name: str, row: Record, width: float = 230) -> Rows:
    """Draw a detector's scores of every set: 5 to 95 %, quartiles, and the median."""
    scores = row["quantiles"]
    low, high = (pick(value for of in scores.values() for value in of) for pick in (min, max))
    margin = 0.03 * (high - low) or 0.5
    x = Axis(low - margin, high + margin, 0.0, width)
    marks = []
    for at, (which, (p5, p25, p50, p75, p95)) in enumerate(scores.items()):
        title = f"{SETS[which]}: median {p50:.2f}, 5 to 95 % {p5:.2f} to {p95:.2f}"
        marks.append((SETS[which], ROW * (at + 0.5), (x.at(p5), x.at(p95)), (x.at(p25), x.at(p75)), x.at(p50), title))
    unit = "less what the critic says" if row["kind"] == "critic" else "bits per dimension"
    summary = f"{spoken(name)}, medians in {unit}: " + "; ".join(f"{SETS[w]} {of[2]:.2f}" for w, of in scores.items())
    return Rows(spoken(name), x, ROW * len(marks), unit, marks, summary)

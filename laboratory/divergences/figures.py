"""The geometry of the study's charts; the template draws them as SVG, in colours that follow light and dark."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genbench.report.axes import Axis, LogAxis, log_axis
from genbench.report.grids import Picture, encoded
from genbench.report.labels import WIDTH, Label, place_all
from laboratory.divergences.quadrature import Mixture, gaussian

#: Of points in pictures: between the page's blues, to be seen on either background.
INK = (62, 132, 214)
TARGET = (140, 146, 154)

Point = tuple[float, float | None]


@dataclass(frozen=True)
class Series:
    """Line or set of points. kind: its CSS class. bars: (x, top, bottom) of error bars."""

    name: str
    kind: str
    lines: Sequence[str] = ()
    dots: Sequence[tuple[float, float, str]] = ()
    bars: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True)
class Chart:
    """Series in one frame, whose lines are cut off at its edge. summary: what it shows, for those who do not see it."""

    title: str
    x: Axis
    y: Axis
    x_name: str
    y_name: str
    series: Sequence[Series]
    summary: str
    notes: Sequence[str] = field(default_factory=tuple)


def line(x: Axis, y: Axis, points: Iterable[Point]) -> list[str]:
    """Write polylines "x,y x,y ..." through points; a missing value breaks the line."""
    parts: list[list[str]] = [[]]
    for across, up in points:
        if up is None:
            parts.append([])
        else:
            parts[-1].append(f"{x.at(across):g},{y.at(up):g}")
    return [" ".join(part) for part in parts if part]


def densities(record: Mapping[str, Any], row: Mapping[str, Any], size: tuple[float, float] = (250, 110)) -> Chart:
    """Draw the target, the optimum, the other local minima and the fit by samples, as densities."""
    target = Mixture(**record["target"])
    x = Axis(-4.0, 7.0, 0.0, size[0])
    y = Axis(0.0, 0.55, size[1], 0.0)
    points = np.linspace(x.low, x.high, 221)

    def drawn(log_density: Any) -> list[str]:
        return line(x, y, zip(points.tolist(), np.exp(log_density(points)).tolist(), strict=True))

    best, *others = row["optima"]
    area = drawn(target.log_density)[0]
    series = [Series("target", "area", [f"{x.start:g},{y.start:g} {area} {x.end:g},{y.start:g}"])]
    series += [Series("another local minimum", "c4", drawn(gaussian(fit["mean"], fit["sd"]))) for fit in others]
    series += [Series("optimum", "c0", drawn(gaussian(best["mean"], best["sd"])))]
    fit = row["fit"]
    if not fit["diverged"]:
        series += [Series("fit by samples", "c1 dashed", drawn(gaussian(fit["mean"], fit["sd"])))]
    summary = f"{row['title']}: optimum {best['mean']:.3f} ± {best['sd']:.3f}"
    return Chart(row["title"], x, y, "x", "density", series, summary)


def plane(record: Mapping[str, Any], size: tuple[float, float] = (WIDTH, 380)) -> Chart:
    """Draw (μ, σ) of every optimum, and a line to the fit by samples."""
    rows = record["divergences"].values()
    optima = [(row["optima"][0]["mean"], row["optima"][0]["sd"]) for row in rows]
    means, sds = [optimum[0] for optimum in optima], [optimum[1] for optimum in optima]
    x = Axis(min(means) - 0.15, max(means) + 0.2, 0.0, size[0])
    y = Axis(min(sds) - 0.05, max(sds) + 0.05, size[1], 0.0)
    series = []
    for row, (mean, sd) in zip(rows, optima, strict=True):
        fit, here = row["fit"], (x.at(mean), y.at(sd))
        inside = not fit["diverged"] and x.low < fit["mean"] < x.high and y.low < fit["sd"] < y.high
        lines = line(x, y, [(mean, sd), (fit["mean"], fit["sd"])]) if inside else []
        series.append(Series(row["title"], "c0", lines, [(*here, row["title"])]))
    summary = "Mean and standard deviation of the best Gaussian under each divergence; the table has the numbers"
    return Chart("", x, y, "μ", "σ", series, summary)


def names(chart: Chart) -> list[tuple[str, Label]]:
    """Place the names of a chart's dots, once for dots of one place; long names are cut."""
    places: dict[tuple[float, float], list[str]] = {}
    for series in chart.series:
        for x, y, title in series.dots:
            places.setdefault((x, y), []).append(_short(title))
    points = [(", ".join(titles), x, y) for (x, y), titles in places.items()]
    return [(point[0], label) for point, label in zip(points, place_all(points, chart.y.start), strict=True)]


def _short(title: str) -> str:
    """Shorten a divergence with options: "α = 0.3", "weighted JS, π = 0.2"."""
    name, _, options = title.rstrip(")").partition(" (")
    return {"α-divergence": options, "Weighted Jensen-Shannon": f"weighted JS, {options}"}.get(name, title)


def bounds(record: Mapping[str, Any], row: Mapping[str, Any], size: tuple[float, float] = (230, 140)) -> Chart:
    """Draw the exact divergence and the bounds of the best and of trained critics against distance, all less f(1)."""
    distances, exact = record["distances"], row["exact"]
    low = row["at_one"]
    above = [value - low for value in exact]
    x = log_axis(distances, 0.0, size[0])
    y = log_axis([*above], size[1], 0.0)
    y = LogAxis(y.low - 0.3, y.high + 0.3, y.start, y.end)
    series = [Series("exact", "c5", line(x, y, zip(distances, above, strict=True)))]
    series.append(_estimates("best critic", "c2", x, y, distances, row["best"], low))
    for index, (dimension, estimates) in enumerate(row["trained"].items()):
        series.append(
            _estimates(f"trained, D = {dimension}", f"c{(0, 3, 1)[index % 3]}", x, y, distances, estimates, low)
        )
    ends = ", ".join(f"{value:.3g} at δ = {d:g}" for d, value in zip(distances, exact, strict=True))
    return Chart(row["title"], x, y, "δ", "", series, f"{row['title']}, exact: {ends}")


def _estimates(
    name: str, kind: str, x: Axis, y: Axis, distances: Sequence[float], row: Sequence[Mapping[str, Any]], low: float
) -> Series:
    values = [None if estimate["value"] is None else estimate["value"] - low for estimate in row]
    seen = [(d, value) for d, value in zip(distances, values, strict=True) if value is not None]
    dots = [(x.at(d), y.at(value), f"{name}: {value + low:.4g} at δ = {d:g}") for d, value in seen]
    return Series(name, kind, line(x, y, zip(distances, values, strict=True)), dots)


def curves(
    title: str,
    across: Sequence[float],
    by: Mapping[str, tuple[str, Sequence[float | None]]],
    names: tuple[str, str],
    *,
    log_x: bool = False,
    log_y: bool = False,
    floor: float = 0.0,
    size: tuple[float, float] = (300, 200),
) -> Chart:
    """Draw named lines over common abscissas; by: {name: (CSS class, values)}. floor: least end of a log axis."""
    values = [value for _, series in by.values() for value in series if value is not None]
    x = log_axis(across, 0.0, size[0]) if log_x else Axis(min(across), max(across), 0.0, size[0])
    if log_y:
        y: Axis = log_axis(values, size[1], 0.0, floor=floor)
    else:
        margin = 0.05 * (max(values) - min(values)) or 0.5
        y = Axis(min(values) - margin, max(values) + margin, size[1], 0.0)
    series = [Series(name, kind, line(x, y, zip(across, of, strict=True))) for name, (kind, of) in by.items()]
    ends = "; ".join(f"{name} ends at {of[-1]:.3g}" for name, (_, of) in by.items() if of[-1] is not None)
    return Chart(title, x, y, names[0], names[1], series, f"{title}: {ends}")


def phase(title: str, path: Mapping[str, Any], reach: float, size: float = 150) -> Chart:
    """Draw a path of the Dirac-GAN in the plane of θ and ψ, with a dot at its end."""
    x, y = Axis(-reach, reach, 0.0, size), Axis(-reach, reach, size, 0.0)
    points = path["places"]
    ends = [(x.at(points[-1][0]), y.at(points[-1][1]), "end")]
    series = [Series("path", "c0 thin", line(x, y, map(tuple, points)), ends)]
    return Chart(title, x, y, "θ", "ψ", series, f"{title}: mean distance in the second half {path['last']:.3g}")


def trade(record: Mapping[str, Any], size: tuple[float, float] = (380, 300)) -> Chart:
    """Draw precision against recall as ψ rises, a line for each generator and a dot for real held-out images."""
    x, y = Axis(0.0, 1.0, 0.0, size[0]), Axis(0.0, 1.0, size[1], 0.0)
    series = []
    for index, (name, rows) in enumerate(record["generators"].items()):
        points = [(row["recall"], row["precision"]) for row in rows]
        dots = [(x.at(r["recall"]), y.at(r["precision"]), f"ψ = {'∞' if r['psi'] is None else r['psi']}") for r in rows]
        series.append(Series(name, f"c{index % 2}", line(x, y, points), dots))
    floor = record["floor"]
    held = [(x.at(floor["recall"]), y.at(floor["precision"]), "held-out real images")]
    series.append(Series("held-out real images", "c5", (), held))
    summary = "Precision against recall of each generator as its codes are truncated; the table has the numbers"
    return Chart("", x, y, "recall", "precision", series, summary)


def scatter(points: np.ndarray, side: int = 84, ink: tuple[int, int, int] = INK) -> np.ndarray:
    """Draw (N, 2) points of [-1, 1]² as (side, side, 4) uint8, transparent, and denser where there are more."""
    cells = ((points.astype(np.float64) + 1) / 2 * side).astype(int)
    inside = cells[((cells >= 0) & (cells < side)).all(axis=1)]
    counts = np.zeros((side, side))
    np.add.at(counts, (side - 1 - inside[:, 1], inside[:, 0]), 1)
    opacity = 1 - 0.45**counts
    picture = np.zeros((side, side, 4), np.uint8)
    picture[..., :3] = ink
    picture[..., 3] = (np.round(opacity * 7) / 7 * 255).astype(np.uint8)
    return picture


def strip(pictures: Sequence[np.ndarray], gap: int = 6) -> Picture:
    """Join pictures of one size side by side, as a data: URI."""
    blank = np.zeros((pictures[0].shape[0], gap, 4), np.uint8)
    joined = np.concatenate([part for picture in pictures for part in (picture, blank)][:-1], axis=1)
    uri = f"data:image/png;base64,{base64.b64encode(encoded(joined, 'PNG')).decode()}"
    return Picture(uri, joined.shape[1], joined.shape[0])

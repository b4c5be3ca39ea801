"""The measurements of metrics.json as Markdown, CSV and a plot: `python -m benchmarks.metrics.tables [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.ticker import NullFormatter, ScalarFormatter

from genbench.files.atomic import atomic, read_json, write_text
from genbench.report import frames

Record = dict[str, Any]
FIELDS = ("task", "dimensions", "n", "contender", "computes", "seconds", "peak_bytes", "base_bytes")
HEADS = ("D", "N", "", "seconds", "×", "peak MiB", "difference")
OUR_OWN = "genbench"
TITLES = {
    "frechet": "Fréchet distance, from features",
    "frechet_known": "Fréchet distance, real statistics known",
    "frechet_moments": "Fréchet distance, statistics of both known",
    "pairs": "Neighbours and kernels, over all pairs",
    "balls": "Balls of other radii, over all pairs",
    "directions": "Transport along random directions",
    "diversity": "Eigenvalues of cosines",
    "network": "EfficientNet-Lite0, from pictures of its size",
    "folders": "From two folders of pictures, the same network",
}
COLOURS = {
    "genbench": "#0b5cad",
    "torch_fidelity": "#a3341c",
    "torchmetrics": "#b58900",
    "pytorch_fid": "#6a3d9a",
    "prdc": "#2e7d32",
}
MIB = 2**20


def write(folder: Path) -> None:
    """Write metrics.md, metrics.csv and metrics.png beside metrics.json."""
    measured = read_json(folder / "metrics.json")
    records: list[Record] = measured["records"]
    write_text(folder / "metrics.csv", comma_separated(records))
    write_text(folder / "metrics.md", markdown(measured))
    with atomic(folder / "metrics.png") as scratch:
        plot(records, scratch)


def comma_separated(records: list[Record]) -> str:
    """Write one line for each measurement."""
    return frames.csv(frames.frame(FIELDS, ([record.get(field) for field in FIELDS] for record in records)))


def markdown(measured: dict[str, Any]) -> str:
    """Write a table for each task, with the time of each peer as a multiple of ours and the difference of its numbers.

    measured: the document metrics.json.
    """
    machine, records = measured["machine"], measured["records"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    parts = [
        "# Speed and memory of the metrics",
        f"{machine['processor']}, {machine['threads']} threads, Python {machine['python']}, {versions}. Medians of up "
        "to 5 repeats; each measurement runs in its own process. Memory is the peak of that process, with features and "
        "imported packages. × is a peer's time over genbench's, for the same features in the same run. The "
        "difference is that of the peer's number from genbench's, relative to it; single precision, subsets and "
        f"other definitions cause it. Peers that would take more than {measured['limit_seconds']:g} s are "
        "not run.",
        "![Time and memory against the number of images](metrics.png)",
    ]
    for task, title in TITLES.items():
        mine = [record for record in records if record["task"] == task]
        computed = {record["contender"]: record["computes"] for record in mine if record["seconds"] is not None}
        parts += [
            f"## {title}",
            "\n".join(f"- {_name(contender)}: {what}" for contender, what in computed.items()),
            _table(mine),
        ]
    return "\n\n".join(parts) + "\n"


def _table(records: list[Record]) -> str:
    ours = {(record["dimensions"], record["n"]): record for record in records if record["contender"] == OUR_OWN}
    ordered = sorted(records, key=lambda record: (record["dimensions"], record["n"]))
    rows = (_row(record, ours.get((record["dimensions"], record["n"]))) for record in ordered)
    return frames.markdown(frames.frame(HEADS, rows), "rrlrrrr")


def _row(record: Record, ours: Record | None) -> list[str]:
    case = [str(record["dimensions"]), str(record["n"]), _name(record["contender"])]
    if record["seconds"] is None or ours is None:
        return [*case, f"not run: about {record['expected_seconds']:.0f}"]
    ratio = "" if record is ours else f"{record['seconds'] / ours['seconds']:.1f}"
    return [*case, f"{record['seconds']:.3g}", ratio, f"{record['peak_bytes'] / MIB:.0f}", _difference(record, ours)]


def _difference(record: Record, ours: Record) -> str:
    if record is ours:
        return ""
    shared = record["numbers"].keys() & ours["numbers"].keys()
    off = {key: abs(record["numbers"][key] / ours["numbers"][key] - 1) for key in shared if ours["numbers"][key]}
    return ", ".join(f"{key} {off[key]:.0e}" for key in sorted(off))


def _name(contender: str) -> str:
    return contender.replace("_", "-")


def plot(records: list[Record], path: Path) -> None:
    """Draw time and memory against N on logarithmic axes, a column for each task; full lines: the widest features."""
    tasks = [task for task in TITLES if len({record["n"] for record in records if record["task"] == task}) > 1]
    widest = max(record["dimensions"] for record in records)
    figure, rows = plt.subplots(2, len(tasks), figsize=(4.2 * len(tasks), 6.4), sharex=True, squeeze=False)
    for column, task in enumerate(tasks):
        rows[0][column].set_title(TITLES[task], fontsize=10)
        for axes, key, unit in ((rows[0][column], "seconds", 1), (rows[1][column], "peak_bytes", MIB)):
            for name, colour in COLOURS.items():
                for dimensions in sorted({record["dimensions"] for record in records}, reverse=True):
                    mine = [
                        r
                        for r in records
                        if (r["task"], r["contender"], r["dimensions"]) == (task, name, dimensions) and r["seconds"]
                    ]
                    if mine:
                        axes.plot(
                            [r["n"] for r in mine],
                            [r[key] / unit for r in mine],
                            "o-" if dimensions == widest else "o:",
                            color=colour,
                            markersize=3,
                            linewidth=2 if name == OUR_OWN else 1.2,
                            label=f"{_name(name)}, D = {dimensions}",
                        )
            axes.set(xscale="log", yscale="log")
            axes.grid(alpha=0.3)
            axes.spines[["top", "right"]].set_visible(False)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(ScalarFormatter())
                axis.set_minor_formatter(NullFormatter())
        rows[1][column].set_xlabel("N, images of each kind")
    rows[0][0].set_ylabel("seconds")
    rows[1][0].set_ylabel("peak memory, MiB")
    entries = {label: line for axes in rows[0] for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(entries.values(), entries.keys(), loc="lower center", ncols=4, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.11, 1, 1))
    figure.savefig(path, format="png", dpi=110)


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "reports/benchmarks"))

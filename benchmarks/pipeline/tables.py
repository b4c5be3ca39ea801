"""The measurements of pipeline.json as Markdown, CSV and a plot: `python -m benchmarks.pipeline.tables [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from genbench.files.atomic import atomic, read_json, write_text
from genbench.report import frames

Record = dict[str, Any]
FIELDS = ("what", "stages", "ran", "seconds", "processor_seconds", "work_seconds", "overhead", "processor_overhead")
HEADS = ("", "stages", "ran", "seconds", "overhead per stage", "processor part of it")
COLOURS = {"genbench repro": "#0b5cad", "dvc repro": "#a3341c", "30 of them again": "#b58900"}
COMMANDS = {
    "genbench repro": "`genbench repro`, first run",
    "dvc repro": "`dvc repro`, first run",
    "30 of them again": "`dvc repro --force` of 30 stages, all others locked",
    "nothing to do": "`dvc repro`, nothing to do",
    "genbench plan": "`genbench plan`, a fifth of the stages changed",
}


def write(folder: Path) -> None:
    """Write pipeline.md, pipeline.csv and pipeline.png beside pipeline.json."""
    measured = read_json(folder / "pipeline.json")
    records: list[Record] = measured["records"]
    write_text(folder / "pipeline.csv", comma_separated(records))
    write_text(folder / "pipeline.md", markdown(measured))
    with atomic(folder / "pipeline.png") as scratch:
        plot(records, scratch)


def comma_separated(records: list[Record]) -> str:
    """Write one line for each measurement."""
    return frames.csv(frames.frame(FIELDS, ([record.get(field) for field in FIELDS] for record in records)))


def markdown(measured: dict[str, Any]) -> str:
    """Write a table by command and number of stages. measured: the document pipeline.json."""
    machine = measured["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    rows = [_row(record) for what in COMMANDS for record in measured["records"] if record["what"] == what]
    parts = [
        "# What the DAG costs",
        f"{machine['processor']}, Python {machine['python']}, {versions}; load at the start {machine['load']:.1f}. "
        "Made by `python -m benchmarks.pipeline`. The stages are those of dvc.yaml; their commands only write the "
        "outputs. Overhead is the time of a command without the stages' own work, divided by the number of stages that "
        "ran, in seconds. It holds DVC's start, hashing, the cache, dvc.lock, and the start of one small process for "
        "each stage. A real stage starts Python and imports its libraries as well. Processor time leaves out other "
        "programs on the machine.",
        "![Overhead per stage against the number of stages](pipeline.png)",
        frames.markdown(frames.frame(HEADS, rows), escape=False),
        "DVC reads and writes all of dvc.lock after each stage; `genbench repro` does so seldom "
        "(genbench/dag/reproduce.py).",
    ]
    return "\n\n".join(parts) + "\n"


def _row(record: Record) -> list[str]:
    case = [COMMANDS[record["what"]], str(record["stages"])]
    if record["seconds"] is None:
        return [*case, "", f"not run: about {record['expected_seconds']:.0f}"]
    overheads = [record["overhead"], record["processor_overhead"]]
    texts = ["" if seconds is None else f"{seconds:.2f}" for seconds in overheads]
    return [*case, str(record["ran"]), f"{record['seconds']:.1f}", *texts]


def plot(records: list[Record], path: Path) -> None:
    """Draw the processor time of overhead per stage against the number of stages."""
    figure, axes = plt.subplots(figsize=(6, 3.6))
    for what, colour in COLOURS.items():
        mine = [(r["stages"], r["processor_overhead"]) for r in records if r["what"] == what and r["seconds"]]
        if mine:
            axes.plot(*zip(*mine, strict=True), "o-", color=colour, label=COMMANDS[what].replace("`", ""))
    axes.set(xlabel="stages", ylabel="overhead per stage, processor seconds", ylim=(0, None), xlim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, format="png", dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("reports/benchmarks"))

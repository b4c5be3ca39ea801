"""The measurements of pipeline.json as Markdown, CSV and a plot: `python -m benchmarks.pipeline.tables [FOLDER]`."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from genbench.files.atomic import atomic, read_json, write_text

Record = dict[str, Any]
COLOURS = {"genbench repro": "#0b5cad", "dvc repro": "#a3341c", "30 of them again": "#b58900"}
SAID = {
    "genbench repro": "`genbench repro`, first run",
    "dvc repro": "`dvc repro`, first run",
    "30 of them again": "`dvc repro --force` of 30 stages, all others locked",
    "nothing to do": "`dvc repro`, nothing to do",
    "genbench plan": "`genbench plan`, a fifth of the stages changed",
}


def write(folder: Path) -> None:
    """Write pipeline.md, pipeline.csv and pipeline.png beside pipeline.json."""
    said = read_json(folder / "pipeline.json")
    records: list[Record] = said["records"]
    write_text(folder / "pipeline.csv", comma_separated(records))
    write_text(folder / "pipeline.md", markdown(said))
    with atomic(folder / "pipeline.png") as scratch:
        plot(records, scratch)


def comma_separated(records: list[Record]) -> str:
    """One line a measurement."""
    file = io.StringIO()
    fields = ["what", "stages", "ran", "seconds", "processor_seconds", "work_seconds", "overhead", "processor_overhead"]
    writer = csv.DictWriter(file, fields, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return file.getvalue()


def markdown(said: dict[str, Any]) -> str:
    """A table by command and number of stages."""
    machine = said["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    lines = [
        "| | stages | ran | seconds | overhead a stage | of it processor |",
        "| :-- | --: | --: | --: | --: | --: |",
    ]
    for what, name in SAID.items():
        for r in (record for record in said["records"] if record["what"] == what):
            if r["seconds"] is None:
                lines.append(f"| {name} | {r['stages']} | | not run: about {r['expected_seconds']:.0f} | | |")
            else:
                each = [f"{r[key]:.2f}" if r[key] is not None else "" for key in ("overhead", "processor_overhead")]
                lines.append(f"| {name} | {r['stages']} | {r['ran']} | {r['seconds']:.1f} | {' | '.join(each)} |")
    parts = [
        "# What the DAG costs",
        f"{machine['processor']}, Python {machine['python']}, {versions}; load when it began {machine['load']:.1f}. "
        "Made by `python -m benchmarks.pipeline`. The stages are those of dvc.yaml; their commands only write the "
        "outputs. Overhead is the time of a command less the stages' own work, over the stages that ran, in seconds: "
        "DVC's start, hashing, cache, dvc.lock, and the start of one small process a stage. A real stage starts Python "
        "and imports its libraries as well. Processor time does not count other programs on the machine.",
        "![Overhead a stage against the number of stages](pipeline.png)",
        "\n".join(lines),
        "DVC reads and writes all of dvc.lock after each stage; `genbench repro` does so seldom "
        "(genbench/dag/reproduce.py).",
    ]
    return "\n\n".join(parts) + "\n"


def plot(records: list[Record], path: Path) -> None:
    """Processor time of overhead a stage against the number of stages."""
    figure, axes = plt.subplots(figsize=(6, 3.6))
    for what, colour in COLOURS.items():
        mine = [(r["stages"], r["processor_overhead"]) for r in records if r["what"] == what and r["seconds"]]
        if mine:
            axes.plot(*zip(*mine, strict=True), "o-", color=colour, label=SAID[what].replace("`", ""))
    axes.set(xlabel="stages", ylabel="overhead a stage, processor seconds", ylim=(0, None), xlim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, format="png", dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("reports/benchmarks"))

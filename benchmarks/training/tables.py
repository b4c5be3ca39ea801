"""The measurements as Markdown, CSV and a plot: `python -m benchmarks.training.tables [FOLDER [NAME]]`."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.training import contenders
from genbench.files.atomic import atomic, read_json, write_text
from genbench.report import frames

Record = dict[str, Any]
OUR_OWN, BARE = "genbench", "bare"
COLOURS = {
    "genbench": "#0b5cad",
    "genbench_compiled": "#4f9bd9",
    "genbench_bfloat16": "#9cc9ee",
    "plain": "#a3341c",
    "plain_one_pass": "#d98b73",
    "torch_mimicry": "#2e7d32",
}
CLOCKS = {
    "wall": "Seconds are those of the wall clock.",
    "processor": "Seconds are processor time, because the machine was busy.",
}
COMPILED = {
    "genbench_compiled": "genbench's loop, networks compiled",
    "genbench_bfloat16": "genbench's loop, networks compiled, convolutions and products in bfloat16",
}


def write(folder: Path, name: str) -> None:
    """Write the tables and the plot beside the measurements `name`.json."""
    measured = read_json(folder / f"{name}.json")
    write_text(folder / f"{name}.csv", comma_separated(measured["cases"]))
    write_text(folder / f"{name}.md", markdown(measured, name))
    with atomic(folder / f"{name}.png") as scratch:
        plot(measured["cases"], scratch)


def comma_separated(cases: list[Record]) -> str:
    """Write one line for each round of a contender."""
    rows = (
        (case["case"], name, index, step)
        for case in cases
        for name, seconds in case["seconds"].items()
        for index, step in enumerate(seconds)
    )
    return frames.csv(frames.frame(["case", "contender", "round", "seconds_a_step"], rows))


def markdown(measured: dict[str, Any], name: str) -> str:
    """Write a table of speeds with ratios, and one of what genbench's loop costs beside its steps.

    measured: the document `name`.json.
    """
    machine, cases = measured["machine"], measured["cases"]
    versions = ", ".join(f"{package} {release}" for package, release in machine["versions"].items() if release)
    contenders = dict.fromkeys(contender for case in cases for contender in case["seconds"])
    parts = [
        "# Speed of training",
        f"{machine['processor']}, {machine['threads']} threads, Python {machine['python']}, {versions}; load "
        f"{machine['load']:.1f} at the start. {CLOCKS[machine['clock']]} Batches hold 64 images. The contenders of a "
        f"case took turns, a few steps each, for {measured['rounds']} rounds in one process. × is how many times as "
        "fast genbench is: the median of the rounds' ratios, with their quartiles in brackets.",
        f"![Steps per second]({name}.png)",
        "\n".join(f"- {_name(contender)}: {_meaning(contender)}" for contender in contenders),
        _speeds(cases),
        "## What the loop costs beside the steps",
        "Averaged weights, gradient norms and curves: the median over rounds of genbench's time over that of its steps "
        "alone. A checkpoint is written every 20 s of training. The limit is "
        f"{machine['matmul_flops'] / 1e9:.0f} G floating-point operations per second, which a large product in float32 "
        "reaches on this machine.",
        _costs(cases, machine["matmul_flops"]),
    ]
    return "\n\n".join(parts) + "\n"


def _speeds(cases: list[Record]) -> str:
    rows = [
        (
            case["title"],
            _name(name),
            f"{1 / median(case['seconds'][name]):.3g}",
            "" if name == OUR_OWN else _quartiles(ratios(case, name)),
        )
        for case in cases
        for name in case["seconds"]
        if name != BARE
    ]
    return frames.markdown(frames.frame(["case", "", "steps per second", "×"], rows), "llrr")


def _costs(cases: list[Record], limit: float) -> str:
    heads = [
        "case",
        "averages and curves",
        "a checkpoint",
        "share of the time",
        "G operations per step",
        "share of the limit",
    ]
    return frames.markdown(frames.frame(heads, (_cost(case, limit) for case in cases)))


def _cost(case: Record, limit: float) -> list[str]:
    beside = 1 / np.array(ratios(case, BARE)) - 1
    seconds = case["checkpoint_seconds"]
    return [
        case["title"],
        f"{np.median(beside):+.1%}",
        f"{1000 * seconds:.0f} ms",
        f"{seconds / (seconds + case['checkpoint_every_seconds']):.2%}",
        f"{case['flops'] / 1e9:.3g}",
        f"{case['flops'] / median(case['seconds'][OUR_OWN]) / limit:.0%}",
    ]


def ratios(case: Record, name: str) -> list[float]:
    """Divide a contender's time by genbench's, round by round."""
    return [other / mine for other, mine in zip(case["seconds"][name], case["seconds"][OUR_OWN], strict=True)]


def _quartiles(values: list[float]) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.2f} ({low:.2f} – {high:.2f})"


def _name(contender: str) -> str:
    return {"plain": "plain PyTorch", "plain_one_pass": "plain PyTorch, one pass"}.get(
        contender, contender.replace("_", "-")
    )


def _meaning(contender: str) -> str:
    return COMPILED.get(contender) or getattr(contenders, contender).__doc__


def plot(cases: list[Record], path: Path) -> None:
    """Draw each contender's speed relative to genbench's, with quartiles over rounds; a group of bars for each case."""
    names = [name for name in COLOURS if any(name in case["seconds"] for case in cases)]
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.62 * len(cases)))
    height = 0.8 / len(names)
    for row, name in enumerate(names):
        heights, values, errors = [], [], []
        for index, case in enumerate(cases):
            if name in case["seconds"]:
                low, middle, high = np.quantile(1 / np.array(ratios(case, name)), [0.25, 0.5, 0.75])
                heights.append(index + row * height)
                values.append(middle)
                errors.append((middle - low, high - middle))
        axes.barh(
            heights, values, height, xerr=np.array(errors).T, color=COLOURS[name], label=_name(name), error_kw={"lw": 1}
        )
    axes.set_yticks([index + 0.4 - height / 2 for index in range(len(cases))], [case["title"] for case in cases])
    axes.invert_yaxis()
    axes.set_xlabel("speed, genbench = 1")
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="lower center", ncols=len(names), fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(path, format="png", dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "reports/benchmarks"), (*sys.argv[2:], "training")[0])

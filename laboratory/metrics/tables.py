"""The three studies as CSV, one number a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from laboratory.metrics.agreement import Scores
from laboratory.metrics.distortions import Row


def distortions(found: Mapping[str, Sequence[Row]]) -> str:
    """Mean and range over repeats by ruler, kind, strength and metric; no kind is untouched images."""
    lines = []
    for ruler, rows in found.items():
        for case in dict.fromkeys((row["kind"], row["strength"]) for row in rows):
            mine = [row["metrics"] for row in rows if (row["kind"], row["strength"]) == case]
            for key in mine[0]:
                lines.append((ruler, *case, key, *_summary([metrics[key] for metrics in mine])))
    return _text(["ruler", "kind", "strength", "metric", "mean", "low", "high"], lines)


def sample_sizes(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The same by number of images, of real images and of their Gaussian twins."""
    lines = []
    for ruler, one in found.items():
        for part in ("images", "twins"):
            for case in dict.fromkeys((row["model"], row["n"]) for row in one[part]):
                mine = [row["metrics"] for row in one[part] if (row["model"], row["n"]) == case]
                for key in mine[0]:
                    lines.append((ruler, part, *case, key, *_summary([metrics[key] for metrics in mine])))
    return _text(["ruler", "part", "model", "n", "metric", "mean", "low", "high"], lines)


def agreement(found: Mapping[str, Scores]) -> str:
    """Every number of every cell under every ruler."""
    return _text(
        ["ruler", "run", "seed", "metric", "value"],
        [
            (ruler, run, seed, key, value)
            for ruler, scores in found.items()
            for run, seeds in scores.items()
            for seed, metrics in seeds.items()
            for key, value in metrics.items()
        ],
    )


def _summary(values: Sequence[float]) -> tuple[float, float, float]:
    return float(np.mean(values)), min(values), max(values)


def _text(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([f"{value:.6g}" if isinstance(value, float) else value for value in line] for line in lines)
    return file.getvalue()

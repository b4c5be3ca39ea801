"""The three studies as tables, a row for each number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from genbench.report.frames import frame
from laboratory.metrics.agreement import Scores
from laboratory.metrics.distortions import Row

DIGITS = 6  # significant ones of a number in a CSV file


def distortions(by_ruler: Mapping[str, Sequence[Row]]) -> pd.DataFrame:
    """Tabulate mean and range over repeats by ruler, kind, strength and metric; untouched images have no kind."""
    rows = [(ruler, *summary) for ruler, rows in by_ruler.items() for summary in _summaries(rows, ("kind", "strength"))]
    return frame(["ruler", "kind", "strength", "metric", "mean", "low", "high"], rows)


def sample_sizes(by_ruler: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Tabulate the same by number of images, of real images and of their Gaussian twins."""
    rows = [
        (ruler, part, *summary)
        for ruler, record in by_ruler.items()
        for part in ("images", "twins")
        for summary in _summaries(record[part], ("model", "n"))
    ]
    return frame(["ruler", "part", "model", "n", "metric", "mean", "low", "high"], rows)


def agreement(by_ruler: Mapping[str, Scores]) -> pd.DataFrame:
    """Tabulate every number of every cell under every ruler."""
    rows = [
        (ruler, run, seed, key, value)
        for ruler, scores in by_ruler.items()
        for run, seeds in scores.items()
        for seed, metrics in seeds.items()
        for key, value in metrics.items()
    ]
    return frame(["ruler", "run", "seed", "metric", "value"], rows)


def _summaries(rows: Sequence[Row], names: tuple[str, str]) -> Iterator[tuple[Any, ...]]:
    """Yield (case, metric, mean, least, largest) over the repeats of each case, the values of two columns."""
    cases: dict[tuple[Any, ...], list[Mapping[str, float]]] = {}
    for row in rows:
        cases.setdefault((row[names[0]], row[names[1]]), []).append(row["metrics"])
    for case, repeats in cases.items():
        for key in repeats[0]:
            values = [metrics[key] for metrics in repeats]
            yield (*case, key, float(np.mean(values)), min(values), max(values))

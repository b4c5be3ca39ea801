"""Accuracies of every filling, means over repeats, and gains between two, repeat by repeat."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from genbench.report.frames import frame
from laboratory.balance.accuracy import parts

PARTS = ("rare", "others", "all")
#: By filling, and then by repeat, accuracies by class.
Results = Mapping[str, Sequence[list[float]]]


class Mean(NamedTuple):
    """Mean over repeats with its standard error."""

    value: float
    error: float


def mean(results: Results, filling: str, part: str, rare: int) -> Mean:
    """Average a filling's accuracy over repeats."""
    return _mean([parts(each, rare)[part] for each in results[filling]])


def gain(results: Results, filling: str, over: str, part: str, rare: int) -> Mean:
    """Average how much higher a filling's accuracy is than another's in the same repeat."""
    pairs = zip(results[filling], results[over], strict=True)
    return _mean([parts(one, rare)[part] - parts(other, rare)[part] for one, other in pairs])


def _mean(values: Sequence[float]) -> Mean:
    return Mean(statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values)))


def table(results: Results, classes: Sequence[str], counts: Sequence[int]) -> pd.DataFrame:
    """Tabulate the accuracy of every filling, repeat and class."""
    rows = [
        (filling, repeat, name, count, share)
        for filling, repeats in results.items()
        for repeat, shares in enumerate(repeats)
        for name, count, share in zip(classes, counts, shares, strict=True)
    ]
    return frame(["filling", "repeat", "class", "images", "accuracy"], rows)

"""Orders of rows: how well that of a metric agrees with that of a truth.

Every number is turned so that larger is worse. Kendall's τ_b of the means over seeds is the share of pairs of rows that
both put the same way less the share that they put the opposite way, corrected for ties. With sᵢⱼ and tᵢⱼ the signs of
the differences of two rows, and cᵢ how often row i stands in a table,

    τ_b = Σ cᵢ cⱼ sᵢⱼ tᵢⱼ / √(Σ cᵢ cⱼ sᵢⱼ² · Σ cᵢ cⱼ tᵢⱼ²).

Intervals are by the bootstrap over rows, 95 %: tables of as many rows are drawn from the rows, and cᵢ counts them.
Two draws of one row are tied in both orders, so their pair counts neither way. A table in which all rows are tied has
no τ and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.stats import kendalltau

from genbench.metrics import Column
from genbench.report.ranks import LEVEL, critical
from genbench.report.welch import welch
from genbench.seeding import numpy_rng
from laboratory.metrics.verdicts import MIDDLE
from laboratory.truth.board import Values

FEW = 3  # rows, below which there is no order to speak of


class Agreement(NamedTuple):
    """Kendall's τ of a metric's order of `rows` rows with another, and its interval of 95 %."""

    tau: float
    low: float
    high: float
    rows: int


class Wrong(NamedTuple):
    """Two rows of which the metric puts the worse one first. gap: the truth of the second less that of the first."""

    better: str
    worse: str
    gap: float


class Pairs(NamedTuple):
    """Pairs of rows that truth and metric both tell apart, and those of them in opposite order, the worst first."""

    apart: int
    wrong: list[Wrong]


def turned(values: Values, key: str, column: Column) -> dict[str, list[float]]:
    """Turn the numbers of a metric so that larger is worse: its distance to the best value where that is within."""
    if column.better == "none":
        return {run: [abs(value - MIDDLE[key]) for value in of] for run, of in values.items()}
    sign = -1 if column.better == "higher" else 1
    return {run: [sign * value for value in of] for run, of in values.items()}


def means(values: Values) -> dict[str, float]:
    """Average over seeds."""
    return {run: float(np.mean(of)) for run, of in values.items()}


def agreement(metric: Values, truth: Values, resamples: int) -> Agreement | None:
    """Correlate two orders over the rows that both have; None of fewer than `FEW` rows or where all are tied."""
    shared = [run for run in truth if run in metric]
    if len(shared) < FEW:
        return None
    x, y = (np.array([of[run] for run in shared]) for of in (means(metric), means(truth)))
    tau = float(kendalltau(x, y).statistic)
    if math.isnan(tau):
        return None
    low, high = interval(x, y, resamples)
    return Agreement(tau, low, high, len(shared))


def interval(x: np.ndarray, y: np.ndarray, resamples: int) -> tuple[float, float]:
    """Compute the interval of τ_b of (n,) numbers each, between the quantiles 2.5 and 97.5 % of resampled rows."""
    rng = numpy_rng(0, "resampled rows", len(x))
    counts = rng.multinomial(len(x), np.full(len(x), 1 / len(x)), size=resamples)
    low, high = np.nanquantile(taus(x, y, counts), [0.025, 0.975])
    return float(low), float(high)


def taus(x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Compute τ_b of tables that have row i counts[:, i] times, (tables,); NaN where all rows of one are tied."""
    signs = [np.sign(each[:, None] - each) for each in (x, y)]

    def total(of_pairs: np.ndarray) -> np.ndarray:
        summed: np.ndarray = ((counts @ of_pairs) * counts).sum(axis=1)
        return summed

    both, *each = total(signs[0] * signs[1]), *(total(sign**2) for sign in signs)
    scale = np.sqrt(each[0] * each[1])
    return np.divide(both, scale, out=np.full(len(counts), np.nan), where=scale > 0)


def settled(by_count: Mapping[int, Values], alike: float) -> tuple[int, dict[int, float]] | None:
    """Find from which number of images on a metric orders rows as at the largest: τ of the two orders is `alike`.

    by_count: its turned numbers. Gives that number and τ by number; None where there is no order at the largest.
    """
    last = max(by_count)
    found = {n: agreement(by_count[n], by_count[last], 1) for n in sorted(by_count)}
    if found[last] is None:
        return None
    own = {n: each.tau for n, each in found.items() if each is not None}
    first = last
    for n in sorted(own, reverse=True):
        if own[n] < alike:
            break
        first = n
    return first, own


def pairs(metric: Values, truth: Values) -> Pairs:
    """Count the pairs of rows that both tell apart by Welch's test over seeds, by Tamhane's T2 over all pairs."""
    shared = [run for run in truth if run in metric]
    wrong, both = [], 0
    for first, second in combinations(shared, 2):
        of_truth, of_metric = (_apart(of[first], of[second], len(shared)) for of in (truth, metric))
        if not of_truth or not of_metric:
            continue
        both += 1
        if of_truth * of_metric < 0:
            better, worse = (first, second) if of_truth < 0 else (second, first)
            wrong.append(Wrong(better, worse, abs(of_truth)))
    return Pairs(both, sorted(wrong, key=lambda pair: -pair.gap))


def _apart(first: Sequence[float], second: Sequence[float], rows: int) -> float:
    """Give the difference of two means if it is beyond the noise of seeds, else 0; `rows` make up the table."""
    difference = float(np.mean(first) - np.mean(second))
    variances = float(np.var(first, ddof=1)), float(np.var(second, ddof=1))
    if not sum(variances):  # there is no spread to measure with
        return 0.0
    square, freedom = welch(variances, (len(first), len(second)))
    beyond = abs(difference) > float(critical(rows, freedom, LEVEL)) * math.sqrt(square)
    return difference if beyond else 0.0

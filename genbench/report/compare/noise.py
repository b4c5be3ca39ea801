"""A test of a difference between two sets of seeds against the noise of the seeds.

Welch's unpaired two-sample t-test, two-sided: with e the standard error of a difference of means that
:mod:`genbench.report.welch` gives, and its degrees of freedom,

    t = (m₂ − m₁) / e.

A change of a model or its options may change how much its seeds scatter, so nothing is pooled: where one side scatters
ten times as much as the other, a pooled variance calls 10 % of equal pairs of three seeds different at a level of 5 %,
and 8 % of five; this test 5.8 % and 5.3 %. A side of one seed shows no spread of its own and is taken to scatter as the
other does (the prediction interval below). Seeds are not paired: two trainings of one seed have nothing in common after
such a change. Values on a ratio scale, such as FID, have a spread that grows with the value, so their logarithms are
tested. Where all seeds of each side give the same number there is no noise, and any difference is a move. One seed on
each side allows no test.

Many rows are tested at once, so p-values are adjusted by Holm's step-down rule: at level α, if no row moved, the
probability that any row is called moved is at most α, for any dependence between rows. (S. Holm, A simple sequentially
rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from genbench.report.welch import welch

LEVEL = 0.05
ROUNDING = 1e-12  # a spread below this share of the numbers is none


class Difference(NamedTuple):
    """Difference of means, after − before; its interval of confidence 1 − LEVEL; its two-sided p, not adjusted."""

    value: float
    low: float
    high: float
    p: float


def difference(before: Sequence[float], after: Sequence[float]) -> Difference | None:
    """Compare two sets of values, each of at least one; None where each has one value only."""
    if len(before) == len(after) == 1:
        return None
    shift, (error, freedom) = float(np.mean(after) - np.mean(before)), _error(before, after)
    if not error:
        return Difference(shift, shift, shift, float(np.mean(after) == np.mean(before)))
    half = error * float(student.ppf(1 - LEVEL / 2, freedom))
    return Difference(shift, shift - half, shift + half, 2 * float(student.sf(abs(shift) / error, freedom)))


def smallest(before: Sequence[float], after: Sequence[float], level: float = LEVEL) -> float:
    """Give the smallest difference of means, either way, that the test calls one at a level: t e.

    t is the (1 − level/2) quantile. before, after: at least three values together.
    """
    error, freedom = _error(before, after)
    return error * float(student.ppf(1 - level / 2, freedom))


def _error(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """Compute the standard error of a difference of means, and its degrees of freedom.

    The error is 0 for the spread that rounding leaves between equals.
    """
    sizes = len(before), len(after)
    variances = [float(np.var(side, ddof=1)) for side in (before, after) if len(side) > 1]
    if max(variances) <= (ROUNDING * max(abs(value) for value in (*before, *after))) ** 2:
        return 0.0, 1.0
    if len(variances) == 1:
        return math.sqrt(variances[0] * (1 + 1 / max(sizes))), max(sizes) - 1.0
    square, freedom = welch((variances[0], variances[1]), sizes)
    return float(np.sqrt(square)), float(freedom)


def prediction(values: Sequence[float], level: float = LEVEL) -> tuple[float, float] | None:
    """Give the interval in which one more seed lies with probability 1 − level; None for fewer than two values.

    m ± t s √(1 + 1/n),    t the (1 − level/2) quantile of Student's distribution with n − 1 degrees of freedom
    """
    if len(values) < 2:
        return None
    spread = float(np.std(values, ddof=1)) * math.sqrt(1 + 1 / len(values))
    half = spread * float(student.ppf(1 - level / 2, len(values) - 1))
    return float(np.mean(values)) - half, float(np.mean(values)) + half


def holm(p: Sequence[float]) -> list[float]:
    """Adjust p-values for their number: the k-th smallest of n is the largest (n − j + 1) pⱼ of those up to it."""
    order = np.argsort(p)
    scaled = np.minimum(1, np.asarray(p)[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(scaled) if len(p) else scaled
    return [float(value) for value in adjusted]


def levels(p: Sequence[float], level: float = LEVEL) -> list[float]:
    """Give the level that Holm's rule holds each of n p-values against, the others as they are.

    It is level / (n − k) where k others are small enough to go before; a p-value up to it is one at `level` adjusted.
    """
    return [level / (len(p) - _before([*p[:index], *p[index + 1 :]], level)) for index in range(len(p))]


def _before(others: Sequence[float], level: float) -> int:
    """Count the p-values that Holm's rule rejects among n, of which these are all but one that is never rejected."""
    steps = enumerate(sorted(others))
    return next((k for k, value in steps if value > level / (len(others) + 1 - k)), len(others))

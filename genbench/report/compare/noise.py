"""A test of a difference between two sets of seeds against the noise of the seeds.

Student's unpaired two-sample t-test with the variance pooled over both sets,

    t = (m₂ − m₁) / (s √(1/n₁ + 1/n₂)),    s² = (Σ(x₁ − m₁)² + Σ(x₂ − m₂)²) / (n₁ + n₂ − 2),

two-sided, with n₁ + n₂ − 2 degrees of freedom. It assumes that seeds scatter equally before and after, so that two
seeds on each side suffice. Seeds are not paired: after a change of a model or its options, two trainings of one seed
have nothing in common. Values on a ratio scale, such as FID, have a spread that grows with the value, so their
logarithms are tested. Where all seeds of each side give the same number there is no noise, and any difference is a
move. One seed on each side allows no test.

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

LEVEL = 0.05


class Difference(NamedTuple):
    """Difference of means, after − before; its interval of confidence 1 − LEVEL; its two-sided p, not adjusted."""

    value: float
    low: float
    high: float
    p: float


def difference(before: Sequence[float], after: Sequence[float]) -> Difference | None:
    """Compare two sets of values, each of at least one; None where each has one value only."""
    freedom = len(before) + len(after) - 2
    if not freedom:
        return None
    shift, error = float(np.mean(after) - np.mean(before)), _error(before, after)
    if not error:
        return Difference(shift, shift, shift, float(np.mean(after) == np.mean(before)))
    half = error * float(student.ppf(1 - LEVEL / 2, freedom))
    return Difference(shift, shift - half, shift + half, 2 * float(student.sf(abs(shift) / error, freedom)))


def smallest(before: Sequence[float], after: Sequence[float], level: float = LEVEL) -> float:
    """Give the smallest difference of means, either way, that the test calls one at a level: t s √(1/n₁ + 1/n₂).

    t is the (1 − level/2) quantile. before, after: at least three values together.
    """
    return _error(before, after) * float(student.ppf(1 - level / 2, len(before) + len(after) - 2))


def _error(before: Sequence[float], after: Sequence[float]) -> float:
    """Compute the standard error of a difference of means, 0 for the spread that rounding leaves between equals."""
    squares = sum(float(np.sum(np.square(np.subtract(side, np.mean(side))))) for side in (before, after))
    error = math.sqrt(squares / (len(before) + len(after) - 2) * (1 / len(before) + 1 / len(after)))
    return error if error > 1e-12 * max(abs(value) for value in (*before, *after)) else 0.0


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

"""Agreement of two orders of rows of which one is known from samples: Kendall's τ and an interval for it.

With s the sign of a pair of rows in the exact order (a metric) and t that in the sampled one (people),

    τ_b = Σ s t / √(Σ s² · Σ t²)    over all pairs.

The interval is of the rows that there are, and for the τ that endless samples would give. A bootstrap would not hold
it: noise mixes close rows, so that an order of samples agrees less than the true one with anything, and resampling
mixes them once more. Instead a test of all pairs together (:mod:`genbench.report.ranks`, Tamhane's T2) says which pairs
the samples tell apart; with a probability of 95 % and more it puts none the wrong way. The others count both ways:

    (C − D ± U) / √(n · m),

C and D pairs that are told apart and that both orders put the same way and the opposite way, U those not told apart, of
the m pairs that differ in the exact order, n = k (k − 1) / 2 of k rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy.stats import kendalltau, t as student

from genbench.report.leaderboard import HumanScore, Tau
from genbench.report.ranks import LEVEL, critical
from genbench.report.welch import welch

FEW = 3  # rows, below which there is no order to speak of


def agreement(exact: Mapping[str, float], sampled: Mapping[str, HumanScore]) -> Tau | None:
    """Correlate two orders over the rows that both have; None of fewer than `FEW`, or where all are tied in one."""
    runs = [run for run in sampled if run in exact]
    if len(runs) < FEW:
        return None
    x, y = np.array([exact[run] for run in runs]), np.array([sampled[run]["mean"] for run in runs])
    tau = float(kendalltau(x, y).statistic)
    if math.isnan(tau):
        return None
    low, high = interval(x, y, np.array([_error(sampled[run]) for run in runs]), [sampled[run]["n"] for run in runs])
    return Tau(tau=tau, low=min(low, tau), high=max(high, tau), rows=len(runs))


def _error(score: HumanScore) -> float:
    """Give the standard error that the wider side of an interval says; NaN without an interval."""
    if score["low"] is None or score["high"] is None:
        return math.nan
    half = max(score["high"] - score["mean"], score["mean"] - score["low"])
    return half / float(student.ppf(1 - LEVEL / 2, score["n"] - 1))


def interval(x: np.ndarray, y: np.ndarray, errors: np.ndarray, sizes: list[int]) -> tuple[float, float]:
    """Compute the interval of τ_b of exact numbers x and sampled means y, (k,) each.

    errors: standard errors of y, (k,), NaN where not known. sizes: numbers of participants behind them.
    """
    first, second = np.triu_indices(len(x), 1)
    signs = np.sign(x[first] - x[second])
    found = np.sign(y[first] - y[second]) * _apart(y, errors, np.array(sizes), first, second)
    certain, open_pairs = float((signs * found).sum()), float(((found == 0) & (signs != 0)).sum())
    scale = math.sqrt(len(signs) * np.count_nonzero(signs))
    return max(-1.0, (certain - open_pairs) / scale), min(1.0, (certain + open_pairs) / scale)


def _apart(y: np.ndarray, errors: np.ndarray, sizes: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Tell which pairs differ, (pairs,) of booleans."""
    variances = errors**2 * sizes
    with np.errstate(invalid="ignore", divide="ignore"):
        squares, freedoms = welch((variances[first], variances[second]), (sizes[first], sizes[second]))
        beyond = np.abs(y[first] - y[second]) > critical(len(y), freedoms, LEVEL) * np.sqrt(squares)
    return np.asarray(beyond)  # a comparison with NaN is False

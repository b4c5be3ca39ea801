"""Estimates with standard errors over samples, and the numbers of samples that they need."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError


class Estimate(NamedTuple):
    """A value and its standard error."""

    value: float
    error: float


def mean_and_error(values: np.ndarray) -> Estimate:
    """Estimate the mean of (n,) independent values, n ≥ 2, and its standard error.

    For truth values the error is √(p(1 − p)/(n − 1)).
    """
    return Estimate(float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values))))


def held_share(held: np.ndarray, only: np.ndarray) -> Estimate:
    """Estimate the share of points that at least one holder holds, and its standard error over draws of both sets.

    held: (n,) truth values of the points. only: (m,) numbers of points that each holder alone holds. With p the share,

        V = p (1 − p) / (n − 1) + max(0, Σᵢ aᵢ (aᵢ − 1) / (n (n − 1)) − (Σᵢ aᵢ)² / (m n²)),   aᵢ of `only`.

    The first part is the choice of the points. The second is that of the holders: leaving one out changes the
    probability that a point is held by what that one alone holds, of whose square aᵢ (aᵢ − 1) / (n (n − 1)) is
    unbiased, and the sum of such squares about their mean is the jackknife (Efron, Stein, "The jackknife estimate of
    variance", 1981), which is too large rather than too small. The full jackknife, without the −1, would count the
    first part again. That a ball's radius depends on other images of its set is left out.
    """
    share, error = mean_and_error(held)
    n, m, alone = len(held), len(only), only.astype(np.float64)
    of_holders = (alone * (alone - 1)).sum() / (n * (n - 1)) - (alone.sum() / n) ** 2 / m
    return Estimate(share, float(np.sqrt(error**2 + max(0.0, of_holders))))


def squared_mmd(*, real: np.ndarray, fake: np.ndarray, real_to_fake: np.ndarray, fake_to_real: np.ndarray) -> Estimate:
    """Estimate the squared maximum mean discrepancy, without bias, from sums of a kernel (Gretton et al., 2012, eq. 3).

    real: (N,) sums over the other real images; fake: (M,) over the other generated ones; real_to_fake: (N,) and
    fake_to_real: (M,) over the other set. N, M ≥ 3. The error is a jackknife over the images of both sets, each left
    out once; between equal distributions, where the statistic is degenerate, it is too large rather than too small.
    """
    n, m = len(real), len(fake)
    own, of_fake, across = real.sum(), fake.sum(), real_to_fake.sum()
    value = own / (n * (n - 1)) + of_fake / (m * (m - 1)) - 2 * across / (n * m)
    without_real = (
        (own - 2 * real) / ((n - 1) * (n - 2)) + of_fake / (m * (m - 1)) - 2 * (across - real_to_fake) / ((n - 1) * m)
    )
    without_fake = (
        own / (n * (n - 1)) + (of_fake - 2 * fake) / ((m - 1) * (m - 2)) - 2 * (across - fake_to_real) / (n * (m - 1))
    )
    variance = (n - 1) * without_real.var() + (m - 1) * without_fake.var()
    return Estimate(float(value), float(np.sqrt(variance)))


def require_three(metric: str, *, real: Features, fake: Features) -> None:
    """Refuse sets of fewer than 3 images: of what a jackknife leaves, one pair at least must remain."""
    for name, side in {"real": real, "fake": fake}.items():
        if len(side) < 3:
            raise InputError(f"{metric}: needs at least 3 images, {name} has {len(side)}")


def equal_numbers(real: np.ndarray, fake: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Take equally many rows of (N, D) and (M, D): the smaller set whole, a draw of the other without replacement."""
    n = min(len(real), len(fake))
    of_real, of_fake = (
        side if len(side) == n else side[rng.choice(len(side), n, replace=False)] for side in (real, fake)
    )
    return of_real, of_fake

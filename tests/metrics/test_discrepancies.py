"""KID and Gaussian MMD against naive float64 and closed forms; their standard errors against repeated draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import kid, mmd_gaussian

Metric = Callable[[np.ndarray, np.ndarray], tuple[float, float]]


def polynomial(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    result = kid.compute(real=Features(real), fake=Features(fake))
    return result["kid"], result["kid_se"]


def gaussian(real: np.ndarray, fake: np.ndarray, bandwidth: float = 1.0) -> tuple[float, float]:
    sets = {"real": Features(real), "fake": Features(fake)}
    result = mmd_gaussian.compute(**sets, rng=np.random.default_rng(0), bandwidth=bandwidth)
    return result["mmd_gaussian"], result["mmd_gaussian_se"]


def naive(real: np.ndarray, fake: np.ndarray, kernel: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
    own, of_fake = kernel(real, real), kernel(fake, fake)
    n, m = len(real), len(fake)
    return (
        (own.sum() - own.trace()) / (n * (n - 1))
        + (of_fake.sum() - of_fake.trace()) / (m * (m - 1))
        - 2 * kernel(real, fake).mean()
    )


def draws(
    seed: int, n: int = 200, m: int = 150, dimensions: int = 6, offset: float = 0
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dimensions)) + offset, 1.1 * rng.normal(size=(m, dimensions)) + offset


@pytest.mark.parametrize("offset", [0, 1, 10])
def test_kid_is_the_exact_statistic(offset: float) -> None:
    """Rounding moves it by less than a millionth of its standard error."""
    real, fake = draws(0, offset=offset)
    value, error = polynomial(real, fake)
    assert value == pytest.approx(naive(real, fake, lambda x, y: (x @ y.T / 6 + 1) ** 3), abs=1e-6 * error)
    assert polynomial(fake, real)[0] == pytest.approx(value, abs=1e-6 * error)


def test_kid_in_one_dimension() -> None:
    """(xy + 1)³ compares three raw moments: MMD² = 3 Δm₁² + 3 Δm₂² + Δm₃²."""
    rng = np.random.default_rng(0)
    value, error = polynomial(rng.normal(size=(5000, 1)), 0.5 + 1.2 * rng.normal(size=(5000, 1)))
    m1, m2, m3 = 0.5, 0.25 + 1.44, 0.125 + 3 * 0.5 * 1.44
    expected = 3 * m1**2 + 3 * (m2 - 1) ** 2 + m3**2
    assert error < 0.15 * expected
    assert abs(value - expected) < 3 * error


def test_gaussian_is_the_exact_statistic() -> None:
    real, fake = draws(0)
    sigma = 0.5 * np.median(pdist(real))
    expected = naive(real, fake, lambda x, y: np.exp(-cdist(x, y, "sqeuclidean") / (2 * sigma**2)))
    value, error = gaussian(real, fake, bandwidth=0.5)
    assert value == pytest.approx(expected, abs=1e-6 * error)


def test_gaussian_between_shifted_gaussians() -> None:
    """E k = σ/√(σ² + 2) exp(−μ²/2(σ² + 2)) for N(0, 1) and N(μ, 1)."""
    rng = np.random.default_rng(0)
    real, fake, shift = rng.normal(size=(1000, 1)), 1.5 + rng.normal(size=(8000, 1)), 1.5
    spread = np.median(pdist(real)) ** 2 + 2
    expected = 2 * np.sqrt(1 - 2 / spread) * (1 - np.exp(-(shift**2) / (2 * spread)))
    value, error = gaussian(real, fake)
    assert abs(value - expected) < 3 * error
    assert error < 0.1 * expected


@pytest.mark.parametrize("metric", [polynomial, gaussian])
def test_unbiased_with_errors_that_hold(metric: Metric) -> None:
    """Over repeated draws of a few images: the mean is that of many, the spread is the standard error."""

    def sets(seed: int, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
        real, fake = draws(seed, n, m)
        return real, 1.4 * fake + 0.3

    values, errors = np.transpose([metric(*sets(seed, 60, 80)) for seed in range(150)])
    many, _ = metric(*sets(1000, 5000, 5000))
    assert abs(values.mean() - many) < 4 * values.std() / np.sqrt(150)
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(), rel=0.25)


@pytest.mark.parametrize("metric", [polynomial, gaussian])
def test_between_equal_distributions(metric: Metric) -> None:
    """Zero on average, so sometimes negative, and the standard error errs on the safe side."""
    values, errors = np.transpose([metric(*np.random.default_rng(s).normal(size=(2, 50, 4))) for s in range(150)])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(150)
    assert 0.2 < (values < 0).mean() < 0.8
    assert values.std() < np.sqrt((errors**2).mean()) < 2 * values.std()


def test_separate_sets_are_at_the_maximum() -> None:
    real, fake = np.random.default_rng(0).normal(size=(2, 50, 3)) * 1e-3
    value, _ = gaussian(np.concatenate([real, real + 50]), np.concatenate([fake + 900, fake - 900]), bandwidth=0.01)
    assert 0.9 < value <= 2


def test_refuses() -> None:
    with pytest.raises(InputError, match="kid: needs at least 3 images, fake has 2"):
        polynomial(np.zeros((5, 2)), np.zeros((2, 2)))
    with pytest.raises(InputError, match="bandwidth above 0, got 0"):
        gaussian(*draws(0), bandwidth=0)
    with pytest.raises(InputError, match="most real images have the same features"):
        gaussian(np.zeros((5, 2)), np.ones((5, 2)))

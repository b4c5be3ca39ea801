"""Clipped density and coverage against the definition, their calibration, and the attacks that they withstand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import betabinom

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import clipped_density_coverage, density_coverage
from genbench.metrics.clipped_density_coverage import expected_coverage
from genbench.metrics.numerics.neighbours import between

K = 5


def normal(seed: int, n: int, dimensions: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dimensions))


def compute(real: np.ndarray, fake: np.ndarray, k: int = K) -> dict[str, float]:
    return clipped_density_coverage.compute(real=Features(real), fake=Features(fake), k=k)


def naive(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[float, float]:
    """Both numbers by loops over images, radii by sorting, the inverse of f by trying every m."""
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    radii = np.array(
        [sorted(((a - b) ** 2).sum() for j, b in enumerate(real) if j != i)[k - 1] for i, a in enumerate(real)]
    )
    median = np.median(np.sqrt(radii)) ** 2
    held = np.array([[((a - b) ** 2).sum() <= r * (1 + 1e-12) for b in fake] for a, r in zip(real, radii, strict=True)])
    cut = np.minimum(radii, median) * (1 + 1e-12)
    balls = [sum(((a - b) ** 2).sum() <= r for a, r in zip(real, cut, strict=True)) for b in fake]
    own = [
        sum(((a - b) ** 2).sum() <= r for i, (a, r) in enumerate(zip(real, cut, strict=True)) if i != j)
        for j, b in enumerate(real)
    ]
    density = np.mean([min(1, c / k) for c in balls]) / np.mean([min(1, c / k) for c in own])
    covered = np.mean([min(1, n / k) for n in held.sum(axis=1)])
    f = [sum(min(1, b / k) * betabinom.pmf(b, m, k, len(real) - k) for b in range(m + 1)) for m in range(len(fake) + 1)]
    return min(1, density), float(np.interp(covered, f, np.arange(len(fake) + 1) / len(fake)))


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_against_the_definition_with_ties_and_copies(data: st.DataObject) -> None:
    real, fake = (
        data.draw(arrays.arrays(np.float32, (data.draw(st.integers(5, 12)), 2), elements=st.integers(0, 3).map(float)))
        for _ in range(2)
    )
    k = data.draw(st.integers(1, 3))
    result = compute(real, fake, k)
    found = result["clipped_density"], result["clipped_coverage"]
    assert found == pytest.approx(naive(real, fake, k), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("n", "k"), [(2, 1), (9, 3), (40, 5)])
def test_expected_coverage_of_a_beta_binomial_ball(n: int, k: int) -> None:
    m = np.arange(30)
    expected = [sum(min(b, k) * betabinom.pmf(b, count, k, n - k) for b in range(count + 1)) / k for count in m]
    np.testing.assert_allclose(expected_coverage(m, n=n, k=k), expected, rtol=1e-9, atol=1e-12)


def test_expected_coverage_at_the_numbers_of_large_benchmarks() -> None:
    """From 0, ever upwards, and at M = N below 1 − 2⁻ᵏ, which coverage without clipping has."""
    values = expected_coverage(np.arange(100_001), n=50_000, k=K)
    assert values[0] == pytest.approx(0, abs=1e-6)
    assert (np.diff(values) > 0).mean() > 0.999
    assert 0.7 < values[50_000] < 1 - 2.0**-K


def test_calibrated_at_equal_distributions() -> None:
    """Before the cut at 1 the expected share of covered balls is f(M), whatever the distribution."""
    n, m, draws = 150, 100, 60
    rng = np.random.default_rng(0)
    covered = [between(real=rng.exponential(size=(n, 3)), fake=rng.exponential(size=(m, 3)), k=K) for _ in range(draws)]
    shares = [np.minimum(near.in_real_ball[:, K - 1], K).mean() / K for near in covered]
    error = np.std(shares, ddof=1) / np.sqrt(draws)
    assert np.mean(shares) == pytest.approx(expected_coverage(np.array([m]), n=n, k=K)[0], abs=4 * error)


@pytest.mark.parametrize("bad", [0.25, 0.5, 0.8])
def test_linear_in_the_share_of_bad_images(bad: float) -> None:
    """The promise of the paper: far images lower both by their share."""
    n = 1000
    real, fake = normal(0, n), normal(1, n)
    fake[: int(bad * n)] += 100
    result = compute(real, fake)
    assert result["clipped_density"] == pytest.approx(1 - bad, abs=0.08)
    assert result["clipped_coverage"] == pytest.approx(1 - bad, abs=0.08)


def test_outliers_among_real_images_do_not_help_bad_ones() -> None:
    """A few real outliers have balls that hold everything; density without the cut calls half-bad images perfect."""
    real, fake = normal(0, 500), normal(1, 500)
    real[:20] = 200 * normal(2, 20)
    fake[:250] = 30 * normal(3, 250)
    found = density_coverage.compute(real=Features(real), fake=Features(fake), k=K)
    assert found["density"] > 1
    assert compute(real, fake)["clipped_density"] == pytest.approx(0.5, abs=0.08)


def test_crowded_images_make_up_for_bad_ones() -> None:
    """Its known failure: in ten dimensions real images are in fewer than k cut balls, crowded ones in k."""
    real = normal(0, 500, 10)
    fake = np.concatenate([0.3 * normal(1, 250, 10), 100 + normal(2, 250, 10)])
    found = density_coverage.compute(real=Features(real), fake=Features(fake), k=K)
    assert found["density"] > 1.5
    assert 0.9 < compute(real, fake)["clipped_density"] <= 1


def test_copies_and_collapse() -> None:
    real = normal(0, 300)
    assert compute(real, real)["clipped_density"] == 1
    assert compute(real, real)["clipped_coverage"] == 1
    collapsed = compute(real, real[np.argmin((real**2).sum(axis=1))] + 1e-6 * normal(1, 300))
    assert collapsed["clipped_density"] == 1
    assert collapsed["clipped_coverage"] < 0.1


def test_errors_are_the_spread_over_images() -> None:
    """Of density over draws of generated images, the real ones held fixed."""
    real = normal(0, 300)
    results = [compute(real, normal(seed, 100) * 1.5) for seed in range(1, 121)]
    spread = np.std([result["clipped_density"] for result in results], ddof=1)
    assert np.mean([result["clipped_density_se"] for result in results]) == pytest.approx(spread, rel=0.2)
    assert all(0 < result["clipped_coverage_se"] < 0.1 for result in results)


def test_refuses_k() -> None:
    expected = r"clipped_density_coverage: expected k from 1 to 4 \(9 real and 5 generated images\), got 5"
    with pytest.raises(InputError, match=expected):
        compute(np.zeros((9, 2)), np.zeros((5, 2)), 5)

"""Sliced Wasserstein distance in closed forms: shifts, scalings, one dimension, unequal numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import sliced_wasserstein


def compute(real: np.ndarray, fake: np.ndarray, projections: int = 200) -> tuple[float, float]:
    sets = {"real": Features(real), "fake": Features(fake)}
    result = sliced_wasserstein.compute(**sets, rng=np.random.default_rng(0), projections=projections)
    return result["sliced_wasserstein"], result["sliced_wasserstein_se"]


def test_shift() -> None:
    """E⟨θ, δ⟩² = ‖δ‖²/D."""
    x = np.random.default_rng(0).normal(size=(50, 6))
    value, _ = compute(x, x + [3, 0, 0, 4, 0, 0], projections=3000)
    assert value == pytest.approx(5 / np.sqrt(6), rel=0.04)


def test_equal_sets_in_any_order_and_number() -> None:
    x = np.random.default_rng(0).normal(size=(50, 6))
    assert compute(x, x[::-1]) == (0, 0)
    assert compute(x, np.repeat(x, 3, axis=0))[0] == pytest.approx(0, abs=1e-12)


def test_scaled_gaussians() -> None:
    """Between N(0, 1) and N(0, σ²) in every direction: σ − 1."""
    rng = np.random.default_rng(0)
    assert compute(rng.normal(size=(20_000, 3)), 3 * rng.normal(size=(15_000, 3)), 20)[0] == pytest.approx(2, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 999))
def test_one_dimension_with_unequal_numbers(n: int, m: int, seed: int) -> None:
    """Both sets repeated to NM points each, where sorted points are matched in order."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, 1)), rng.normal(size=(m, 1))
    matched = np.sort(np.repeat(x, m)) - np.sort(np.repeat(y, n))
    assert compute(x, y, 2)[0] == pytest.approx(np.sqrt((matched**2).mean()), rel=1e-9)


def test_error_of_a_shift() -> None:
    """In one dimension SW² = δ² with potentials ∓2 δ x, so that its variance is 4 δ² (s²_x / N + s²_y / M)."""
    x = np.random.default_rng(0).normal(size=(40, 1))
    value, error = compute(x, x + 7, 2)
    assert value == pytest.approx(7)
    assert error == pytest.approx(np.sqrt(2 * x.var(ddof=1) / 40), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(30, 30), (30, 20), (12, 31)])
def test_error_is_a_jackknife_over_images(n: int, m: int) -> None:
    """What leaving an image out changes, in one dimension, where directions add nothing."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, 1)), 2 * rng.normal(size=(m, 1)) + 1

    def without(side: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.array([compute(np.delete(side, i, axis=0), other, 2)[0] for i in range(len(side))])

    variance = sum((len(a) - 1) * without(a, b).var() for a, b in ((x, y), (y, x)))
    assert compute(x, y, 2)[1] == pytest.approx(np.sqrt(variance), rel=0.15)


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_error_is_the_spread_over_draws(shift: float) -> None:
    """Or a little more, between equal distributions."""
    rng = np.random.default_rng(0)
    results = np.array([compute(rng.normal(size=(100, 3)), rng.normal(size=(80, 3)) + shift, 50) for _ in range(150)])
    ratio = results[:, 1].mean() / results[:, 0].std(ddof=1)
    assert 0.8 < ratio < (1.2 if shift else 2)


def test_refuses() -> None:
    with pytest.raises(InputError, match="at least 2 projections, got 1"):
        compute(np.zeros((5, 2)), np.ones((5, 2)), projections=1)

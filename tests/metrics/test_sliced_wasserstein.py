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
    value, error = compute(x, x + [3, 0, 0, 4, 0, 0], projections=3000)
    assert value == pytest.approx(5 / np.sqrt(6), abs=3 * error)
    assert error < 0.03 * value


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


def test_refuses() -> None:
    with pytest.raises(InputError, match="at least 2 projections, got 1"):
        compute(np.zeros((5, 2)), np.ones((5, 2)), projections=1)

"""MIND in closed forms: shifts, scalings, one dimension; and its tie to the sliced Wasserstein distance."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import mind, sliced_wasserstein


def normal(seed: int, n: int, dimensions: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dimensions))


def compute(real: np.ndarray, fake: np.ndarray, projections: int = 200) -> tuple[float, float]:
    sets = {"real": Features(real), "fake": Features(fake)}
    result = mind.compute(**sets, rng=np.random.default_rng(0), projections=projections)
    return result["mind"], result["mind_se"]


def test_shift() -> None:
    """3 D E⟨θ, δ⟩² = 3 ‖δ‖², whatever D is."""
    x = normal(0, 50, 6)
    value, _ = compute(x, x + [3, 0, 0, 4, 0, 0], projections=3000)
    assert value == pytest.approx(75, rel=0.08)


def test_scaled_gaussians() -> None:
    """Between N(0, I) and N(0, σ²I) every direction has (σ − 1)²: 3 D (σ − 1)²."""
    assert compute(normal(0, 20_000, 3), 3 * normal(1, 15_000, 3), 20)[0] == pytest.approx(36, rel=0.04)


def test_one_dimension_is_the_sum_over_sorted_images() -> None:
    x, y = normal(0, 40, 1), normal(1, 40, 1)
    matched = np.sort(x, axis=0) - np.sort(y, axis=0)
    assert compute(x, y, 2)[0] == pytest.approx(3 * (matched**2).mean(), rel=1e-12)


def test_equal_sets_in_any_order_and_number() -> None:
    x = normal(0, 50, 6)
    assert compute(x, x[::-1]) == (0, 0)
    assert compute(x, np.repeat(x, 3, axis=0))[0] == pytest.approx(0, abs=1e-12)


def test_is_3_d_times_the_squared_sliced_distance() -> None:
    sets = {"real": Features(normal(0, 40, 5)), "fake": Features(normal(1, 60, 5) + 1)}
    sliced = sliced_wasserstein.compute(**sets, rng=np.random.default_rng(0), projections=100)["sliced_wasserstein"]
    assert mind.compute(**sets, rng=np.random.default_rng(0), projections=100)["mind"] == pytest.approx(15 * sliced**2)


def test_refuses() -> None:
    with pytest.raises(InputError, match="mind: expected at least 2 projections, got 1"):
        compute(np.zeros((5, 2)), np.ones((5, 2)), projections=1)

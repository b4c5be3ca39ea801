"""Density and coverage against the paper's equations written out naively, and their values between real sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import density_coverage


def compute(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, float]:
    return density_coverage.compute(real=Features(real), fake=Features(fake), k=k)


def naive(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[float, float]:
    held = np.zeros((len(real), len(fake)), bool)
    for i, centre in enumerate(real):
        radius = sorted(((centre - other) ** 2).sum() for j, other in enumerate(real) if j != i)[k - 1]
        held[i] = [((centre - point) ** 2).sum() <= radius for point in fake]
    return held.sum() / (k * len(fake)), held.any(axis=1).mean()


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_against_the_definition_with_ties_and_copies(data: st.DataObject) -> None:
    real, fake = (
        data.draw(arrays.arrays(np.float32, (data.draw(st.integers(4, 12)), 2), elements=st.integers(0, 3).map(float)))
        for _ in range(2)
    )
    k = data.draw(st.integers(1, 3))
    result = compute(real, fake, k)
    assert (result["density"], result["coverage"]) == pytest.approx(naive(real, fake, k), rel=1e-12)


@pytest.mark.parametrize("k", [1, 3, 7])
def test_real_against_real(k: int) -> None:
    """E density = 1; E coverage = 1 − (N − 1)…(N − k) / ((2N − 1)…(2N − k)), in the limit 1 − 2⁻ᵏ (Naeem et al. 2020).

    In the mean over draws of both sets, within 4 standard errors of that mean.
    """
    n, draws = 200, 60
    rng = np.random.default_rng(0)
    results = [compute(rng.normal(size=(n, 6)), rng.normal(size=(n, 6)), k) for _ in range(draws)]
    covered = 1 - np.prod([(n - i) / (2 * n - i) for i in range(1, k + 1)])
    for key, expected in {"density": 1.0, "coverage": covered}.items():
        values = [result[key] for result in results]
        assert np.mean(values) == pytest.approx(expected, abs=4 * np.std(values, ddof=1) / np.sqrt(draws))
    assert covered == pytest.approx(1 - 2.0**-k, abs=0.01)


def test_collapsed_generator_is_dense_without_coverage() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(300, 4))
    result = compute(real, real[np.argmin((real**2).sum(axis=1))] + 1e-6 * rng.normal(size=(300, 4)))
    assert result["density"] > 1
    assert result["coverage"] < 0.1


def test_errors_where_each_generated_image_is_in_one_ball() -> None:
    """Real vectors in pairs, k = 1: a generated one at the middle of a pair is in both balls of that pair.

    Of 4 pairs 2 hold one. No ball is held twice over, and no real vector covered by one alone loses another's: each
    generated one has 2 of 8 balls alone, p² = 2 · 1 / (8 · 7).
    """
    real = np.array([[10.0 * pair, side] for pair in range(4) for side in (0, 1)])
    result = compute(real, np.array([[0.0, 0.5], [10.0, 0.5]]), 1)
    assert (result["density"], result["coverage"]) == (2.0, 0.5)
    assert result["coverage_se"] == pytest.approx(np.sqrt(0.25 / 7 + max(0, 2 * 2 / 56 - (4 / 8) ** 2 / 2)), rel=1e-12)
    assert result["density_se"] == pytest.approx(np.std([4.0] * 4 + [0.0] * 4, ddof=1) / np.sqrt(8), rel=1e-12)


def test_refuses_k() -> None:
    with pytest.raises(InputError, match=r"density_coverage: expected k from 1 to 4 \(9 real and 5 generated images\)"):
        compute(np.zeros((9, 2)), np.zeros((5, 2)), 5)

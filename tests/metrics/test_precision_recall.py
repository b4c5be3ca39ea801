"""Precision and recall against the paper's equations written out naively, and what they are meant to tell apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import precision_recall


def compute(real: np.ndarray, fake: np.ndarray, k: int = 3) -> tuple[float, float]:
    result = precision_recall.compute(real=Features(real), fake=Features(fake), k=k)
    return result["precision"], result["recall"]


def naive(points: np.ndarray, manifold: np.ndarray, k: int) -> float:
    inside = 0
    for point in points:
        for i, centre in enumerate(manifold):
            others = [((centre - other) ** 2).sum() for j, other in enumerate(manifold) if j != i]
            if ((point - centre) ** 2).sum() <= sorted(others)[k - 1]:
                inside += 1
                break
    return inside / len(points)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_against_the_definition_with_ties_and_copies(data: st.DataObject) -> None:
    """Points on a small integer grid: many are equal, many at equal distances."""
    real, fake = (
        data.draw(arrays.arrays(np.float32, (data.draw(st.integers(4, 12)), 2), elements=st.integers(0, 3).map(float)))
        for _ in range(2)
    )
    k = data.draw(st.integers(1, 3))
    assert compute(real, fake, k) == (naive(fake, real, k), naive(real, fake, k))


def test_gaussians_against_the_definition() -> None:
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(60, 5)) + 50, 0.8 * rng.normal(size=(45, 5)) + 50
    assert compute(real, fake) == (naive(fake, real, 3), naive(real, fake, 3))


def test_equal_sets() -> None:
    x = np.random.default_rng(0).normal(size=(1100, 3))
    assert compute(x, x) == (1, 1)
    assert compute(x, x[::-1], k=1) == (1, 1)


def test_collapsed_generator_is_precise_without_recall() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(300, 8))
    collapsed = real[:1] + 1e-3 * rng.normal(size=(300, 8))
    precision, recall = compute(real, collapsed)
    assert precision == 1
    assert recall <= 1 / 300


def test_noise_has_neither() -> None:
    rng = np.random.default_rng(0)
    assert compute(rng.normal(size=(200, 8)), rng.normal(size=(200, 8)) + 100) == (0, 0)


def test_dropping_half_the_modes_halves_recall() -> None:
    rng = np.random.default_rng(0)
    modes = rng.normal(size=(2, 400, 4)) + np.array([0, 1000]).reshape(2, 1, 1)
    precision, recall = compute(modes.reshape(-1, 4), rng.normal(size=(800, 4)))
    assert recall == pytest.approx(0.5, abs=0.03)
    assert precision > 0.9


@pytest.mark.parametrize("k", [0, 5, 6])
def test_refuses_k(k: int) -> None:
    with pytest.raises(InputError, match=rf"expected k from 1 to 4 \(9 real and 5 generated images\), got {k}"):
        compute(np.zeros((9, 2)), np.zeros((5, 2)), k)

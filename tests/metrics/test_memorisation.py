"""Memorisation: a copier, an honest generator and noise are told apart, with errors that hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from genbench.data.features import Features
from genbench.metrics import memorisation

TRAIN = np.random.default_rng(0).normal(size=(300, 4))


def compute(fake: np.ndarray, held_out: np.ndarray, train: np.ndarray = TRAIN) -> dict[str, float]:
    train_, held_out_, fake_ = (Features(vectors) for vectors in (train, held_out, fake))
    return memorisation.compute(fake=fake_, train=train_, held_out=held_out_)


def test_copies_honest_samples_and_noise() -> None:
    rng = np.random.default_rng(1)
    held_out = rng.normal(size=(200, 4))
    copies, honest, noise = (compute(x, held_out) for x in (TRAIN[:150], rng.normal(size=(150, 4)), TRAIN + 99))
    assert copies["copying"] == 1
    assert copies["authenticity_gap"] < -0.3
    assert abs(honest["copying"] - 0.5) < 3 * honest["copying_se"]
    assert abs(honest["authenticity_gap"]) < 3 * honest["authenticity_gap_se"]
    assert noise["copying"] == 0
    assert noise["authenticity_gap"] > 0.3


def test_half_of_the_samples_copied() -> None:
    rng = np.random.default_rng(1)
    fake = np.concatenate([TRAIN[:150], rng.normal(size=(150, 4))])
    result = compute(fake, rng.normal(size=(300, 4)))
    assert result["copying"] == pytest.approx(0.75, abs=3 * result["copying_se"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_against_the_definitions_with_ties(seed: int) -> None:
    """On integers; the nearest training images that are equally near must agree in spacing, so they are spread out."""
    rng = np.random.default_rng(seed)
    train, fake, held_out = 10.0 * np.arange(8)[:, None], *rng.integers(0, 80, (2, 12, 1)).astype(float)

    def distance(points: np.ndarray) -> np.ndarray:
        return np.abs(points - train.T).min(axis=1)

    pairs = np.sign(distance(held_out)[None, :] - distance(fake)[:, None])
    result = compute(fake, held_out, train)
    assert result["copying"] == pytest.approx((pairs / 2 + 0.5).mean(), abs=1e-12)
    authentic = [(distance(points) > 10).mean() for points in (fake, held_out)]
    assert result["authenticity_gap"] == pytest.approx(authentic[0] - authentic[1], abs=1e-12)


def test_errors_hold_over_repeated_draws() -> None:
    draws = [np.random.default_rng(seed).normal(size=(2, 80, 4)) for seed in range(1, 151)]
    results = [compute(0.9 * fake, held_out) for fake, held_out in draws]
    for name in ("copying", "authenticity_gap"):
        spread = np.std([r[name] for r in results])
        assert np.mean([r[f"{name}_se"] for r in results]) == pytest.approx(spread, rel=0.2)

"""Realism: better images have more of it, and copies a finite number."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import realism


def normal(seed: int, n: int, dimensions: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dimensions))


def compute(real: np.ndarray, fake: np.ndarray, k: int = 3) -> dict[str, float]:
    return realism.compute(real=Features(real), fake=Features(fake), k=k)


def test_falls_with_noise_and_is_near_1_for_real_images() -> None:
    real = normal(0, 400)
    scores = [compute(real, normal(1, 300) + noise * normal(2, 300))["realism"] for noise in (0, 0.5, 1, 2)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(1, abs=0.2)
    assert scores[-1] < 0.7


def test_copies_have_a_finite_median() -> None:
    real = normal(0, 50)
    assert compute(real, real)["realism"] <= realism.HIGHEST
    kept = real[np.argsort((real**2).sum(axis=1))[:5]]
    assert compute(real, kept) == {"realism": realism.HIGHEST}


def test_refuses_k() -> None:
    with pytest.raises(InputError, match=r"realism: expected k from 1 to 4 \(9 real and 5 generated images\), got 5"):
        compute(normal(0, 9), normal(1, 5), 5)

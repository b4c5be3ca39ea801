"""Class shares that are known."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import class_modes


def features(counts: list[int]) -> Features:
    """So many images of each class, likeliest by a little."""
    labels = np.repeat(np.arange(len(counts)), counts)
    probs = np.full((len(labels), len(counts)), 0.9 / len(counts)) + 0.1 * np.eye(len(counts))[labels]
    return Features(np.zeros((len(labels), 2)), probs=probs)


def compute(real: list[int], fake: list[int]) -> dict[str, float]:
    return class_modes.compute(real=features(real), fake=features(fake))


def test_equal_shares() -> None:
    nothing = {"class_kl": 0, "class_tv": 0, "class_kl_se": 0, "class_tv_se": 0}
    assert compute([30, 20, 10], [30, 20, 10]) == pytest.approx({"classes": 3} | nothing)


def test_half_the_classes() -> None:
    """KL = log 2 and TV = 1/2, the first up to the half image in every class."""
    result = compute([1000] * 10, [2000] * 5 + [0] * 5)
    assert result["classes"] == 5
    assert result["class_tv"] == pytest.approx(0.5, rel=1e-12)
    assert result["class_kl"] == pytest.approx(np.log(2), rel=0.005)


def test_stays_finite_and_counts_only_real_classes() -> None:
    result = compute([50, 50, 0], [0, 0, 100])
    assert result["classes"] == 0
    assert result["class_tv"] == 1
    assert 1 < result["class_kl"] < np.inf


def test_bias_between_real_sets() -> None:
    """E KL ≈ (K − 1)/2 · (1/N + 1/M)."""
    rng = np.random.default_rng(0)
    values = [compute(*rng.multinomial(1000, [0.1] * 10, size=2).tolist())["class_kl"] for _ in range(100)]
    assert np.mean(values) == pytest.approx(9 / 2 * 2 / 1000, rel=0.2)


def test_errors_are_the_spread_over_draws() -> None:
    rng = np.random.default_rng(0)
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    results = [
        compute(rng.multinomial(500, shares).tolist(), rng.multinomial(800, shares[::-1]).tolist()) for _ in range(300)
    ]
    for name in ("class_kl", "class_tv"):
        spread = np.std([r[name] for r in results])
        assert np.mean([r[f"{name}_se"] for r in results]) == pytest.approx(spread, rel=0.15)


def test_refuses() -> None:
    with pytest.raises(InputError, match="class_modes: needs class probabilities, real has none"):
        class_modes.compute(real=Features(np.zeros((9, 2))), fake=features([5, 5]))

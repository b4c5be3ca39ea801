"""Two-sample tests: 1/2 between equal distributions, known accuracies between others, p-values that hold."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.special import ndtr

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import two_sample_classifier, two_sample_nearest


def nearest(real: np.ndarray, fake: np.ndarray, seed: int = 0) -> dict[str, float]:
    return two_sample_nearest.compute(real=Features(real), fake=Features(fake), rng=np.random.default_rng(seed))


def classifier(real: np.ndarray, fake: np.ndarray, seed: int = 0, penalty: float = 0.01) -> tuple[float, float]:
    sets = {"real": Features(real), "fake": Features(fake)}
    result = two_sample_classifier.compute(**sets, rng=np.random.default_rng(seed), penalty=penalty)
    return result["classifier_accuracy"], result["classifier_p"]


def test_nearest_between_equal_distributions() -> None:
    rng = np.random.default_rng(0)
    results = [nearest(*rng.normal(size=(2, 200, 5))) for _ in range(10)]
    for name in ("nn_accuracy", "nn_accuracy_real", "nn_accuracy_fake"):
        assert np.mean([r[name] for r in results]) == pytest.approx(0.5, abs=0.03)


def test_nearest_between_separate_sets_and_copies() -> None:
    x = np.random.default_rng(0).normal(size=(80, 5))
    assert nearest(x, x + 1000) == {"nn_accuracy": 1, "nn_accuracy_real": 1, "nn_accuracy_fake": 1}
    assert nearest(x, x[::-1]) == {"nn_accuracy": 0, "nn_accuracy_real": 0, "nn_accuracy_fake": 0}
    assert nearest(np.ones((9, 2)), np.ones((9, 2)))["nn_accuracy"] == 0.5  # ties throughout


def test_nearest_tells_dropped_modes_from_bad_images() -> None:
    """Xu et al. 2018: a missing mode shows in the real part, stray images in the generated one."""
    rng = np.random.default_rng(0)
    modes = rng.normal(size=(400, 4)) + 1000 * (np.arange(400) % 2)[:, None]
    dropped = nearest(modes, rng.normal(size=(400, 4)))
    assert dropped["nn_accuracy_real"] > 0.6
    assert dropped["nn_accuracy_real"] == pytest.approx(0.5 + 0.5 * (1 / 3), abs=0.06)


def test_nearest_draws_equal_numbers() -> None:
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(900, 5)), rng.normal(size=(300, 5))
    assert np.mean([nearest(real, fake, seed)["nn_accuracy"] for seed in range(6)]) == pytest.approx(0.5, abs=0.04)


def test_classifier_between_shifted_gaussians() -> None:
    """The best classifier of N(0, 1) and N(μ, 1) is right with probability Φ(μ/2), and it is linear."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 6000, 3))
    accuracy, p = classifier(real, fake + [2, 0, 0])
    assert accuracy == pytest.approx(ndtr(1), abs=0.015)
    assert p < 1e-100


def test_classifier_p_values_hold_between_equal_distributions() -> None:
    draws = [np.random.default_rng(seed).normal(size=(2, 60, 4)) for seed in range(200)]
    results = np.array([classifier(real, fake, seed) for seed, (real, fake) in enumerate(draws)])
    accuracies, p = results.T
    assert accuracies.mean() == pytest.approx(0.5, abs=0.02)
    assert (p <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert (p <= 0.5).mean() == pytest.approx(0.45, abs=0.12)


@pytest.mark.parametrize(("heads", "tosses"), [(0, 5), (3, 5), (5, 5), (27, 40)])
def test_p_value_is_the_binomial_tail(heads: int, tosses: int) -> None:
    exact = Fraction(sum(comb(tosses, i) for i in range(heads, tosses + 1)), 2**tosses)
    assert two_sample_classifier._coin(heads, tosses) == pytest.approx(float(exact), rel=1e-12)


def test_dead_and_offset_features() -> None:
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 400, 3)) * [1, 1, 0] + [0, 1e6, 7]
    assert classifier(real, fake + [9, 0, 0])[0] == 1


def test_refuses() -> None:
    with pytest.raises(InputError, match="penalty above 0, got 0"):
        classifier(np.zeros((9, 2)), np.zeros((9, 2)), penalty=0)
    with pytest.raises(InputError, match="at least 4 images of each kind, got 3"):
        classifier(np.zeros((3, 2)), np.zeros((9, 2)))

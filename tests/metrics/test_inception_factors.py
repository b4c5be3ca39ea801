"""The inception score's factors: their extremes, their product, and the error by its definition."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.features import Features
from genbench.metrics import inception_factors, inception_score


def compute(probs: np.ndarray) -> dict[str, float]:
    fake = Features(np.zeros((len(probs), 2)), probs=probs)
    result = inception_factors.compute(fake=fake)
    score = inception_score.compute(fake=fake, rng=np.random.default_rng(0), splits=1)["inception_score"]
    assert result["inception_score_single"] == pytest.approx(score, rel=1e-12)
    assert result["sharpness"] * result["diversity"] == pytest.approx(score, rel=1e-12)
    return result


@pytest.mark.parametrize(
    ("rows", "sharpness", "diversity"),
    [
        (np.eye(4), 1, 4),
        (np.tile(np.eye(4)[:1], (4, 1)), 1, 1),
        (np.full((4, 4), 0.25), 0.25, 4),
        (np.repeat(np.eye(4)[:2], 3, axis=0), 1, 2),
    ],
)
def test_extremes(rows: np.ndarray, sharpness: float, diversity: float) -> None:
    result = compute(rows)
    assert (result["sharpness"], result["diversity"]) == pytest.approx((sharpness, diversity), rel=1e-12)


def test_error_is_the_jackknife() -> None:
    probs = np.random.default_rng(0).dirichlet(np.full(5, 0.3), 40)
    scores = np.array([compute(np.delete(probs, i, axis=0))["inception_score_single"] for i in range(40)])
    assert compute(probs)["inception_score_single_se"] == pytest.approx(np.sqrt(39 * scores.var()), rel=1e-9)


def test_error_holds_over_repeated_draws() -> None:
    results = [compute(np.random.default_rng(seed).dirichlet([2, 1, 0.2], 200)) for seed in range(200)]
    scores = [r["inception_score_single"] for r in results]
    assert np.mean([r["inception_score_single_se"] for r in results]) == pytest.approx(np.std(scores), rel=0.15)

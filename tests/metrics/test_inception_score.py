"""Inception score against its extremes and its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from genbench.data.features import FeatureProtocol, Features
from genbench.errors import InputError
from genbench.metrics import inception_score


def compute(probs: np.ndarray | None, splits: int = 1, seed: int = 0) -> dict[str, float]:
    vectors = np.zeros((2 if probs is None else len(probs), 2))
    fake = Features(vectors, probs=probs, protocol=FeatureProtocol(extractor="pixels"))
    return inception_score.compute(fake=fake, rng=np.random.default_rng(seed), splits=splits)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_balanced_and_certain_scores_the_number_of_classes(classes: int) -> None:
    assert compute(np.tile(np.eye(classes), (3, 1)))["inception_score"] == pytest.approx(classes, rel=1e-12)


@pytest.mark.parametrize("row", [[0.25] * 4, [1, 0, 0, 0], [0.7, 0.1, 0.2, 0]])
def test_images_that_look_alike_score_one(row: list[float]) -> None:
    assert compute(np.tile(row, (20, 1)), splits=2) == pytest.approx({"inception_score": 1, "inception_score_sd": 0})


def test_two_classes_closed_form() -> None:
    """Half the images (p, 1 − p), half the reverse: log IS = log 2 − H(p)."""
    p = 0.9
    expected = np.exp(np.log(2) + p * np.log(p) + (1 - p) * np.log(1 - p))
    assert compute(np.tile([[p, 1 - p], [1 - p, p]], (8, 1)))["inception_score"] == pytest.approx(expected, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.integers(2, 12), st.floats(0.05, 5), st.integers(0, 999))
def test_range_and_definition(n: int, classes: int, concentration: float, seed: int) -> None:
    probs = np.random.default_rng(seed).dirichlet(np.full(classes, concentration) + 1e-9, n) + 1e-30
    score = compute(probs)["inception_score"]
    naive = np.exp(np.mean([np.sum(p * (np.log(p) - np.log(probs.mean(axis=0)))) for p in probs]))
    assert score == pytest.approx(naive, rel=1e-9)
    assert 1 - 1e-12 <= score <= min(n, classes) + 1e-9
    assert compute(probs, seed=1)["inception_score"] == pytest.approx(score, rel=1e-12)


def test_splits_are_equal_parts_of_a_shuffled_order() -> None:
    """Images sorted by class: unshuffled parts of one class each would score 1."""
    probs = np.repeat(np.eye(4), 250, axis=0)
    result = compute(probs, splits=10)
    assert 3.8 < result["inception_score"] < 4
    assert 0 < result["inception_score_sd"] < 0.1
    assert compute(probs, splits=10) == result
    assert compute(probs, splits=10, seed=1) != result


def test_refuses() -> None:
    with pytest.raises(InputError, match="needs class probabilities, fake has none \\(extractor pixels\\)"):
        compute(None)
    with pytest.raises(InputError, match="9 images in 3 splits are fewer than 4 classes to a split; use splits: 1"):
        compute(np.full((9, 4), 0.25), splits=3)
    with pytest.raises(InputError, match="splits of at least 1, got 0"):
        compute(np.full((9, 4), 0.25), splits=0)
    with pytest.raises(InputError, match="rows sum to 1"):
        compute(np.full((9, 4), 0.5))

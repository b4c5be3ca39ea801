"""Classification accuracy score where the answer is known: separate classes, exchanged ones, meaningless ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import classification_accuracy_score


def features(labels: np.ndarray, seed: int, distance: float = 20) -> Features:
    rng = np.random.default_rng(seed)
    return Features(rng.normal(size=(len(labels), 5)) + distance * np.eye(5)[labels], labels=labels)


def compute(real: Features, fake: Features) -> float:
    result = classification_accuracy_score.compute(real=real, fake=fake, penalty=0.001)
    return result["classification_accuracy_score"]


LABELS = np.arange(300) % 5


def test_separate_classes() -> None:
    assert compute(features(LABELS, 0), features(LABELS, 1)) == 1


def test_exchanged_classes() -> None:
    fake = features(LABELS, 1)
    assert compute(features(LABELS, 0), Features(fake.vectors, labels=(LABELS + 1) % 5)) == 0


def test_a_class_that_is_never_made() -> None:
    fake = features(LABELS[LABELS != 2], 1)
    assert compute(features(LABELS, 0), fake) == pytest.approx(0.8, abs=1e-12)


def test_meaningless_labels() -> None:
    fake = features(LABELS, 1)
    shuffled = Features(fake.vectors, labels=np.random.default_rng(0).permutation(LABELS))
    assert compute(features(LABELS, 0, distance=1), shuffled) == pytest.approx(0.2, abs=0.15)


def test_overlapping_classes_reach_the_best_accuracy() -> None:
    """Two unit Gaussians √2 · d apart: Φ(d/√2)."""
    labels = np.arange(6000) % 2
    accuracy = compute(features(labels, 0, distance=1.5), features(labels, 1, distance=1.5))
    assert accuracy == pytest.approx(ndtr(1.5 / np.sqrt(2)), abs=0.015)


def test_refuses() -> None:
    good = features(LABELS, 0)
    with pytest.raises(InputError, match="needs the class of every image, fake has unknown ones"):
        compute(good, Features(good.vectors))
    with pytest.raises(InputError, match="needs the class of every image, real has unknown ones"):
        compute(Features(good.vectors, labels=LABELS - 1), good)

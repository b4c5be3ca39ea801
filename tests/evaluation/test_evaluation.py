"""Evaluation of one set under every named metric."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.evaluation.scores import evaluate
from genbench.metrics import NotGivenError

METRICS: dict[str, dict[str, Any]] = {
    "fid": {},
    "inception_score": {"splits": 1},
    "classification_accuracy_score": {"penalty": 0.1},
}


def features(seed: int, *, probs: bool, labels: bool) -> Features:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(60, 4)).astype(np.float32)
    shares = np.eye(3, dtype=np.float32)[rng.integers(3, size=60)]
    return Features(vectors, shares if probs else None, rng.integers(3, size=60) if labels else None)


@pytest.mark.parametrize(
    ("probs", "labels", "lacking"),
    [
        (True, True, set()),
        (False, True, {"inception_score"}),
        (True, False, {"classification_accuracy_score"}),
        (False, False, {"inception_score", "classification_accuracy_score"}),
    ],
)
def test_what_features_cannot_give_is_left_out_or_refused(probs: bool, labels: bool, lacking: set[str]) -> None:
    real, fake = features(0, probs=True, labels=True), features(1, probs=probs, labels=labels)
    whole = evaluate(real=real, fake=features(1, probs=True, labels=True), metrics=METRICS)
    left_out: dict[str, str] = {}
    some = evaluate(real=real, fake=fake, metrics=METRICS, left_out=left_out)
    assert left_out.keys() == lacking
    assert some == {key: value for key, value in whole.items() if not any(key.startswith(name) for name in lacking)}
    if lacking:
        with pytest.raises(NotGivenError):
            evaluate(real=real, fake=fake, metrics=METRICS)


def test_any_other_fault_is_never_skipped() -> None:
    real = features(0, probs=True, labels=True)
    with pytest.raises(InputError, match="dimensions"):
        evaluate(real=real, fake=Features(real.vectors[:, :2]), metrics=METRICS, left_out={})

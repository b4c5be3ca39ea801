"""Classifier two-sample test: a classifier learns real from generated on one half and is judged on the other.

Lopez-Paz, Oquab, "Revisiting classifier two-sample tests" (2017), section 3. The classifier is a logistic regression on
standardised features; equal distributions give an accuracy of 1/2 on images that it has not seen. The p-value is the
probability of at least so many right answers by tossing a coin for each; it errs on the safe side, because with equally
many of both kinds to judge the number of right answers varies no more than a coin's.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import Column
from genbench.metrics.numerics.estimates import equal_numbers
from genbench.metrics.numerics.logistic import fit_and_predict

COLUMNS = {
    "classifier_accuracy": Column(
        label="classifier accuracy",
        better="lower",
        low=0.0,
        high=1.0,
        fails="Nears 1 for a model that leaves a trace in every image, however small; sees linear differences only.",
        headline=False,
    ),
    "classifier_p": Column(
        label="classifier p",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Falls with the number of images for any fixed difference; a small one says real, not large.",
        headline=False,
    ),
}
DEFAULTS = {"penalty": 1.0}


def compute(*, real: Features, fake: Features, rng: np.random.Generator, penalty: float) -> dict[str, float]:
    """Compute the accuracy on held-out halves of `real.vectors` (N, D) and `fake.vectors` (M, D), and its p-value.

    Equally many of both are used, at least 4, halved by `rng`. penalty: of the squared weights, above 0.
    """
    sides = equal_numbers(real.vectors, fake.vectors, rng)
    n = len(sides[0])
    if n < 4:
        raise InputError(f"two_sample_classifier: needs at least 4 images of each kind, got {n}")
    orders = [rng.permutation(n) for _ in sides]
    kind = np.repeat([0, 1], [n // 2, n // 2])
    shown, unseen = ([order[part] for order in orders] for part in (slice(n // 2), slice(n // 2, n)))
    answers = fit_and_predict(_stacked(sides, shown), kind, _stacked(sides, unseen), penalty=penalty)
    tested = n - n // 2
    right = int((answers == np.repeat([0, 1], [tested, tested])).sum())
    return {"classifier_accuracy": right / (2 * tested), "classifier_p": _coin(right, 2 * tested)}


def _stacked(sides: tuple[np.ndarray, np.ndarray], rows: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([side[index] for side, index in zip(sides, rows, strict=True)])


def _coin(heads: int, tosses: int) -> float:
    """Compute the probability of at least so many heads, by the binomial's incomplete beta function."""
    return 1.0 if heads == 0 else float(betainc(heads, tosses - heads + 1, 0.5))

"""Class probabilities, checked: what the metrics that need a classifier start from."""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import NotGivenError


def class_probabilities(metric: str, *, real: Features, fake: Features) -> np.ndarray:
    """`fake.probs` as (M, K) float64; refused where there are none, or where `real.probs` has other classes."""
    if real.probs is not None and fake.probs is not None and real.probs.shape[1:] != fake.probs.shape[1:]:
        raise InputError(f"{metric}: real has {real.probs.shape[1]} classes, fake {fake.probs.shape[1]}")
    return checked(metric, "fake", fake)


def checked(metric: str, name: str, side: Features) -> np.ndarray:
    """The probabilities of one set as (N, K) float64; refused where there are none or rows don't sum to 1."""
    if side.probs is None:
        raise NotGivenError(
            f"{metric}: needs class probabilities, {name} has none (extractor {side.protocol.extractor or 'unknown'})"
        )
    probs = side.probs.astype(np.float64)
    if probs.ndim != 2 or (probs < 0).any() or not np.allclose(probs.sum(axis=1), 1, atol=1e-3):
        raise InputError(f"{metric}: expected probs of {name} of shape (N, K), not negative, rows that sum to 1")
    return probs

"""Class probabilities, checked: the start of metrics that need a classifier."""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import NotGivenError


def class_probabilities(metric: str, **side: Features) -> np.ndarray:
    """Give the probabilities of one set, named as in real=..., as (N, K) float64.

    Refused where there are none, or where a row is negative somewhere or does not sum to 1.
    """
    ((name, features),) = side.items()
    if features.probs is None:
        extractor = features.protocol.extractor or "unknown"
        raise NotGivenError(f"{metric}: needs class probabilities, {name} has none (extractor {extractor})")
    probs = features.probs.astype(np.float64)
    if probs.ndim != 2 or (probs < 0).any() or not np.allclose(probs.sum(axis=1), 1, atol=1e-3):
        raise InputError(f"{metric}: expected probs of {name} of shape (N, K), not negative, rows that sum to 1")
    return probs

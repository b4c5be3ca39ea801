"""Inception score: the exponentiated mean divergence of each image's class probabilities from their average.

    IS = exp E_x KL(p(y|x) ‖ p(y)),   p(y) = E_x p(y|x)

Salimans et al., "Improved techniques for training GANs" (2016), section 4. Between 1 and the number of classes. It is
taken over `splits` equal parts of the images, in an order shuffled by `rng`; a part of n images cannot score above n,
so that with few images one part is the honest choice. Only the generated images enter.
"""

from __future__ import annotations

import numpy as np
from scipy.special import rel_entr

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import Column, require_comparable
from genbench.metrics._probabilities import class_probabilities

COLUMNS = {
    "inception_score": Column(
        label="IS",
        better="higher",
        low=1.0,
        fails="Never looks at real images: one picture per class scores best, and its value moves with the classifier.",
    ),
    "inception_score_sd": Column(
        label="IS sd",
        better="none",
        low=0.0,
        fails="Spread over parts of one sample, not over trained models; 0 by definition with a single part.",
        headline=False,
    ),
}


def compute(
    *,
    real: Features,
    fake: Features,
    train: Features | None = None,
    held_out: Features | None = None,
    rng: np.random.Generator,
    splits: int,
) -> dict[str, float]:
    """Mean and population standard deviation of the score over `splits` parts of `fake.probs` (M, K).

    Parts differ by at most one image. More than one part needs at least K images in each.
    """
    require_comparable(real, fake)
    probs = class_probabilities("inception_score", real=real, fake=fake)
    if splits < 1:
        raise InputError(f"inception_score: expected splits of at least 1, got {splits}")
    if splits > 1 and len(probs) // splits < probs.shape[1]:
        raise InputError(
            f"inception_score: {len(probs)} images in {splits} splits are fewer than {probs.shape[1]} classes to a "
            "split; use splits: 1 or more images"
        )
    scores = [inception_score(part) for part in np.array_split(rng.permutation(probs), splits)]
    return {"inception_score": float(np.mean(scores)), "inception_score_sd": float(np.std(scores))}


def inception_score(probs: np.ndarray) -> float:
    """The score of one part: `probs` (n, K) float64, rows sum to 1."""
    return float(np.exp(rel_entr(probs, probs.mean(axis=0)).sum(axis=1).mean()))

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
from genbench.metrics import Column
from genbench.metrics._probabilities import class_probabilities

PARTS = 10  # of the paper

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


def parts(fake: Features) -> int:
    """Choose as many parts as the paper has, or one where a part would have fewer images than there are classes."""
    return PARTS if fake.probs is not None and len(fake) // PARTS >= fake.probs.shape[1] else 1


STANDARD = True
DEFAULTS = {"splits": parts}


def compute(*, fake: Features, rng: np.random.Generator, splits: int) -> dict[str, float]:
    """Compute the mean and population standard deviation of the score over `splits` parts of `fake.probs` (M, K).

    Parts differ by at most one image. More than one part needs at least K images in each.
    """
    probs = class_probabilities("inception_score", fake=fake)
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
    """Compute the score of one part: `probs` (n, K) float64, rows sum to 1."""
    return float(np.exp(rel_entr(probs, probs.mean(axis=0)).sum(axis=1).mean()))

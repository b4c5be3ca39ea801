"""The inception score's two factors, and its standard error over images.

    IS = exp(H(E p) − E H(p)) = diversity × sharpness,
    diversity = exp H(E p), from 1 to K: the number of classes equally in use,
    sharpness = exp(−E H(p)), from 1/K to 1: the certainty of the classifier of an image.

H is the entropy of class probabilities (Salimans et al. 2016 for the score). All images count at once, in one part.
The standard error of the product is a jackknife: each image left out once. It is not that of a mean over parts, which
scatters more (twice as much for ten parts of 30 digits).
"""

from __future__ import annotations

import numpy as np
from scipy.special import entr

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics._probabilities import class_probabilities

COLUMNS = {
    "sharpness": Column(
        label="sharpness",
        better="higher",
        low=0.0,
        high=1.0,
        fails="A classifier is certain of much that is no picture of anything.",
        headline=False,
    ),
    "diversity": Column(
        label="diversity",
        better="higher",
        low=1.0,
        fails="Of classes only: one picture per class is as diverse as many.",
        headline=False,
    ),
    "inception_score_single": Column(
        label="IS, one part",
        better="higher",
        low=1.0,
        fails="Never looks at real images, and grows with the number of images.",
        headline=False,
    ),
    "inception_score_single_se": Column(
        label="IS, one part, s.e.",
        better="none",
        low=0.0,
        fails="Spread over images of one trained model, not over trained models.",
        headline=False,
    ),
}


def compute(*, fake: Features) -> dict[str, float]:
    """Compute the factors of the score of `fake.probs` (M, K), their product and its error."""
    probs = class_probabilities("inception_factors", fake=fake)
    entropies = entr(probs).sum(axis=1)
    diversity, sharpness = np.exp(entr(probs.mean(axis=0)).sum()), np.exp(-entropies.mean())
    n = len(probs)
    mean_without = np.clip((probs.sum(axis=0) - probs) / (n - 1), 0, None)
    without = np.exp(entr(mean_without).sum(axis=1) - (entropies.sum() - entropies) / (n - 1))
    return {
        "sharpness": float(sharpness),
        "diversity": float(diversity),
        "inception_score_single": float(diversity * sharpness),
        "inception_score_single_se": float(np.sqrt((n - 1) * without.var())),
    }

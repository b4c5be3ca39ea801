"""Which classes a generator makes, and how far their shares are from the real ones.

Each image counts for the class that the classifier finds most likely, real and generated alike, so that its errors
are on both sides. With p the shares among generated and q among real images:

    classes: how many of the classes seen in real images have at least one generated image (Metz et al., "Unrolled
    generative adversarial networks", 2017, section 3.3.1, as is the divergence),
    class_kl = Σ p log (p / q), with half an image added to every class so that it stays finite,
    class_tv = ½ Σ |p − q|.
"""

from __future__ import annotations

import numpy as np
from scipy.special import rel_entr

from genbench.arrays import Features
from genbench.metric import Column, require_comparable
from genbench.metrics._probabilities import checked, class_probabilities

COLUMNS = {
    "classes": Column(
        label="classes",
        better="higher",
        low=0.0,
        fails="One stray image counts as a class; grows with the number of images.",
        headline=False,
    ),
    "class_kl": Column(
        label="class KL",
        better="lower",
        low=0.0,
        fails="Of classes only, and above 0 between real sets by about (K - 1)/2 · (1/N + 1/M).",
        headline=False,
    ),
    "class_tv": Column(
        label="class TV",
        better="lower",
        low=0.0,
        high=1.0,
        fails="Of classes only, and above 0 between real sets: small sets have uneven shares.",
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
) -> dict[str, float]:
    """The three numbers from `real.probs` (N, K) and `fake.probs` (M, K); deterministic."""
    require_comparable(real, fake)
    probs = class_probabilities("class_modes", real=real, fake=fake)
    of_real, of_fake = (
        np.bincount(side.argmax(axis=1), minlength=side.shape[1])
        for side in (checked("class_modes", "real", real), probs)
    )
    q, p = ((counts + 0.5) / (counts + 0.5).sum() for counts in (of_real, of_fake))
    return {
        "classes": float(np.count_nonzero((of_real > 0) & (of_fake > 0))),
        "class_kl": float(rel_entr(p, q).sum()),
        "class_tv": float(np.abs(of_fake / of_fake.sum() - of_real / of_real.sum()).sum() / 2),
    }

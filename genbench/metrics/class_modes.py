"""Classes that a generator makes, and the distance of their shares from the real ones.

Each image counts for the class that the classifier finds most likely, real and generated alike, so that its errors
are on both sides. With p the shares among generated and q among real images:

    classes: the number of classes seen in real images that have at least one generated image (Metz et al., "Unrolled
    generative adversarial networks", 2017, section 3.3.1, as is the divergence),
    class_kl = Σ p log (p / q), with half an image added to every class so that it stays finite,
    class_tv = ½ Σ |p − q|.

Standard errors of the last two are infinitesimal jackknives over the images of both sets: the spread of the derivative
by an image's weight, ±½ for class_tv, log (p / q) and −p / q for class_kl. They hold between shares that differ by more
than chance; between equal ones both numbers are at their least, where a derivative says little. `classes` has none:
the number of classes seen is no smooth function of the images.
"""

from __future__ import annotations

import numpy as np
from scipy.special import rel_entr

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics._probabilities import class_probabilities

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
    "class_kl_se": Column(
        label="class KL s.e.", better="none", low=0.0, fails="Too small between equal shares.", headline=False
    ),
    "class_tv_se": Column(
        label="class TV s.e.", better="none", low=0.0, fails="Too large between equal shares.", headline=False
    ),
}


def compute(*, real: Features, fake: Features) -> dict[str, float]:
    """Compute the five numbers from `real.probs` (N, K) and `fake.probs` (M, K)."""
    of_fake, of_real = (
        np.bincount(probs.argmax(axis=1), minlength=probs.shape[1])
        for probs in (class_probabilities("class_modes", fake=fake), class_probabilities("class_modes", real=real))
    )
    q, p = ((counts + 0.5) / (counts + 0.5).sum() for counts in (of_real, of_fake))
    off = of_fake / of_fake.sum() - of_real / of_real.sum()
    return {
        "classes": float(np.count_nonzero((of_real > 0) & (of_fake > 0))),
        "class_kl": float(rel_entr(p, q).sum()),
        "class_tv": float(np.abs(off).sum() / 2),
        "class_kl_se": float(np.hypot(_error(np.log(p / q), of_fake), _error(p / q, of_real))),
        "class_tv_se": float(np.hypot(_error(np.sign(off) / 2, of_fake), _error(np.sign(off) / 2, of_real))),
    }


def _error(slopes: np.ndarray, counts: np.ndarray) -> float:
    """Estimate the standard error that one set adds: of the mean, over its images, of the slope (K,) of their class."""
    n = counts.sum()
    spread = counts @ (slopes - counts @ slopes / n) ** 2 / (n - 1)
    return float(np.sqrt(spread / n))

"""Squared maximum mean discrepancy with a Gaussian kernel, which sees every moment.

Gretton et al., "A kernel two-sample test" (2012), equation 3, with k(x, y) = exp(−‖x − y‖² / 2σ²). σ is `bandwidth`
times the median distance between real images, so that it does not depend on the scale of the features. Unbiased: it may
be negative between equal distributions. The standard error is a jackknife over images.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import pdist

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import Column
from genbench.metrics.numerics.backend import all_pairs
from genbench.metrics.numerics.estimates import require_three, squared_mmd

SUBSET = 1000  # real images that the median distance is taken of, drawn by rng where there are more

COLUMNS = {
    "mmd_gaussian": Column(
        label="MMD",
        better="lower",
        high=2.0,
        fails="One bandwidth sees one scale: far narrower or wider differences vanish.",
        headline=False,
    ),
    "mmd_gaussian_se": Column(
        label="MMD s.e.", better="none", low=0.0, fails="Too large between equal distributions.", headline=False
    ),
}
DEFAULTS = {"bandwidth": 1.0}


def compute(*, real: Features, fake: Features, rng: np.random.Generator, bandwidth: float) -> dict[str, float]:
    """Compute `mmd_gaussian` of `real.vectors` (N, D) and `fake.vectors` (M, D); N, M ≥ 3, `bandwidth` > 0."""
    require_three("mmd_gaussian", real=real, fake=fake)
    if not bandwidth > 0:
        raise InputError(f"mmd_gaussian: expected a bandwidth above 0, got {bandwidth}")
    sigma = bandwidth * _median_distance(real.vectors, rng)
    real_to_fake, fake_to_real = _kernel_sums(real.vectors, fake.vectors, sigma)
    value, error = squared_mmd(
        real=_kernel_sums(real.vectors, real.vectors, sigma)[0] - 1,
        fake=_kernel_sums(fake.vectors, fake.vectors, sigma)[0] - 1,
        real_to_fake=real_to_fake,
        fake_to_real=fake_to_real,
    )
    return {"mmd_gaussian": value, "mmd_gaussian_se": error}


def _median_distance(vectors: np.ndarray, rng: np.random.Generator) -> float:
    subset = vectors if len(vectors) <= SUBSET else vectors[rng.choice(len(vectors), SUBSET, replace=False)]
    median = float(np.median(pdist(subset.astype(np.float64))))
    if median == 0:
        raise InputError("mmd_gaussian: most real images have the same features, no bandwidth follows from them")
    return median


def _kernel_sums(left: np.ndarray, right: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Sum the kernel of each row of `left` over `right`, itself included where they are one set, and the reverse."""
    pairs = all_pairs(left, right)
    rows, columns = np.zeros(len(left)), np.zeros(len(right))
    for at in pairs.slices(len(left)):
        for to in pairs.slices(len(right)):
            sums, back = pairs.gaussian_sums(pairs.product(at, to), at, to, sigma)
            rows[at] += sums
            columns[to] += back
    return rows, columns

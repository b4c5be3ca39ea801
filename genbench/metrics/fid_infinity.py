"""FID extrapolated to endlessly many images of both kinds, and the standard error of FID over images.

FID at N images is biased upwards by c/N to first order, c differing between models (Chong, Forsyth, "Effectively
unbiased FID and inception score and where to find them", 2020, fit a line in 1/N through random subsets). Here both
sets are cut into `groups` parts; with FID₍₋g₎ the value without the g-th part of both, the line through N and
N (1 − 1/groups) meets 1/N = 0 at

    FID∞ = groups · FID − (groups − 1) · mean_g FID₍₋g₎,

the jackknife (Quenouille 1956), which also gives the standard error. Parts are left out and never drawn twice: a
bootstrap's copies would lower the rank of a covariance.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import Column, NotGivenError
from genbench.metrics.numerics.gaussians import frechet_distance, gaussian

# FID∞ is a headline wherever it is enabled, for it says what FID − floor says, at any N. Rows
# are not ranked by it, because it may be 0 or below, where it has no logarithm.
COLUMNS = {
    "fid_infinity": Column(
        label="FID∞",
        better="lower",
        fails="A straight line in 1/N holds only for many more images than dimensions; may be below 0.",
    ),
    "fid_se": Column(
        label="FID s.e.",
        better="none",
        low=0.0,
        fails="Spread over images, not over trained models; too large between equal distributions.",
        headline=False,
    ),
}
DEFAULTS = {"groups": 10}


def compute(*, real: Features, fake: Features, rng: np.random.Generator, groups: int) -> dict[str, float]:
    """Compute `fid_infinity` and `fid_se` from `real.vectors` (N, D) and `fake.vectors` (M, D).

    groups: random parts of either, at least 2. NotGivenError where fewer than D + 1 images would be left, because the
    bias is not linear in 1/N there; of two extractors on the same images one may have few enough dimensions.
    """
    fewest = min(len(real), len(fake))
    if not 2 <= groups <= fewest:
        raise InputError(f"fid_infinity: expected groups from 2 to {fewest}, got {groups}")
    left, dimensions = fewest - -(-fewest // groups), real.vectors.shape[1]
    if left <= dimensions:
        raise NotGivenError(
            f"fid_infinity: needs more images than its {dimensions} dimensions, has {left} in all but one of "
            f"{groups} groups"
        )
    whole = frechet_distance(gaussian(real.vectors), gaussian(fake.vectors))
    group_of_real, group_of_fake = (rng.permutation(np.arange(len(side)) % groups) for side in (real, fake))
    without = np.array(
        [
            frechet_distance(gaussian(real.vectors[group_of_real != g]), gaussian(fake.vectors[group_of_fake != g]))
            for g in range(groups)
        ]
    )
    return {
        "fid_infinity": float(groups * whole - (groups - 1) * without.mean()),
        "fid_se": float(np.sqrt((groups - 1) * without.var())),
    }

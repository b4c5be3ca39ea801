"""Fréchet distance between Gaussians fitted to real and generated features: FID where the features are Inception's.

Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium" (2017), equation 6;
the distance itself is in :mod:`genbench.metrics.numerics.gaussians`. Lower is better, 0 for equal first two moments. It
is biased upwards by about D(D + 5)/4 · (1/N + 1/M) for standard Gaussians, so that only values at equal N compare:
`floor` says what independent real images score at that N, and the difference is what a model adds.

The name of a value says its features. FD-DINOv2 of Stein et al., "Exposing flaws of generative model evaluation metrics
and their unfair treatment of diffusion models" (2023), is this distance in the 1,024 features of ViT-L/14 (class token,
images resized to 224 × 224 by a bicubic filter), of 50,000 generated images against the training images. Values at the
same features, resizing, numbers of images and reference compare with published ones. Those of ViT-S/14, whose 384
features have another scale, compare with none of them, nor do those against held-out images.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import Column
from genbench.metrics.numerics.gaussians import frechet_distance, gaussian

COLUMNS = {
    "fid": Column(
        label="FID",
        better="lower",
        low=0.0,
        fails="Sees two moments only and is biased by the number of images: compare at equal N, beside the floor.",
        ranked=True,
    )
}
STANDARD = True
#: Images for each dimension, from which on the bias falls as 1/N (genbench/evaluation/floors.py: within 10 %).
ROOM = 2


def compute(*, real: Features, fake: Features) -> dict[str, float]:
    """Compute `fid` of `real.vectors` (N, D) and `fake.vectors` (M, D)."""
    return {"fid": frechet_distance(gaussian(real.vectors), gaussian(fake.vectors))}


def floor(pool: Features, *, resplits: int, rng: np.random.Generator) -> list[float]:
    """Compute a perfect model's scores at N, half of the pool: distances of random disjoint sets of real images.

    One set is stratified by `pool.labels`, as a reference split is. The classes of the other are drawn independently,
    as a model draws them, so that their numbers vary. The pool has too few images of each class for two such sets of N;
    sets of m < N are drawn, and their distance is multiplied by m/N, since the bias falls as 1/N. It falls more slowly
    where images are fewer than `ROOM` times the dimensions: there, and without labels, the sets are the halves of the
    pool, and classes of the other one do not vary.
    """
    if resplits < 1:
        raise InputError(f"floor: expected at least 1 resplit, got {resplits}")
    if len(pool) < 4:
        raise InputError(f"floor: two halves need at least 4 images, got {len(pool)}")
    n, dimensions = len(pool) // 2, pool.vectors.shape[1]
    labels = np.zeros(len(pool)) if pool.labels is None else pool.labels
    least = n if n < ROOM * dimensions else 2
    sets = [_sets(labels, rng, least) for _ in range(resplits)]
    return [frechet_distance(gaussian(pool.vectors[a]), gaussian(pool.vectors[b])) * (len(a) / n) for a, b in sets]


def _sets(labels: np.ndarray, rng: np.random.Generator, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Disjoint rows of a stratified set and of one whose classes are drawn, as many of each, at least `least`."""
    stratum, there = np.unique(labels, return_inverse=True, return_counts=True)[1:]
    shares = there / len(labels)
    m = max(least, _largest(there, shares))
    order = rng.permutation(len(labels))
    order = order[np.argsort(stratum[order], kind="stable")]
    places = np.floor((np.arange(m) + rng.random()) * (len(labels) / m)).astype(np.int64)  # evenly, so stratified
    rest = np.delete(order, places)
    left = np.bincount(stratum[rest], minlength=len(there))
    counts = np.zeros_like(there)
    while missing := m - counts.sum():  # a class that has run out leaves its images to others
        open_shares = np.where(counts < left, shares, 0)
        counts = np.minimum(counts + rng.multinomial(missing, open_shares / open_shares.sum()), left)
    starts = np.cumsum(left) - left
    drawn = [rest[start : start + count] for start, count in zip(starts, counts, strict=True)]
    return order[places], np.concatenate(drawn)


def _largest(there: np.ndarray, shares: np.ndarray) -> int:
    """The largest m, N / 2 to N, for which three standard deviations of a drawn class number find images left.

    With q = m · share of a class that has K images, 2 q + 3 √(q (1 − share)) ≤ K.
    """
    spread = 3 * np.sqrt(1 - shares)
    fits = ((np.sqrt(spread**2 + 8 * there) - spread) / 4) ** 2 / shares
    n = int(there.sum()) // 2
    return max(-(-n // 2), min(n, int(fits.min())))

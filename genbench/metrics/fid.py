"""Fréchet distance between Gaussians fitted to real and generated features: FID where the features are Inception's.

Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium" (2017), equation 6;
the distance itself is in :mod:`genbench.metrics.numerics.gaussians`. Lower is better, 0 for equal first two moments. It
is biased upwards by about D(D + 5)/4 · (1/N + 1/M) for standard Gaussians, so that only values at equal N compare:
`floor` says what real images score at that N.

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


def compute(*, real: Features, fake: Features) -> dict[str, float]:
    """Compute `fid` of `real.vectors` (N, D) and `fake.vectors` (M, D)."""
    return {"fid": frechet_distance(gaussian(real.vectors), gaussian(fake.vectors))}


def floor(pool: Features, *, resplits: int, rng: np.random.Generator) -> list[float]:
    """Measure what a perfect model scores: distances between two disjoint halves of real images, over random resplits.

    The halves are stratified by `pool.labels` where there are labels. An odd image out of a class is left to chance.
    """
    if resplits < 1:
        raise InputError(f"floor: expected at least 1 resplit, got {resplits}")
    if len(pool) < 4:
        raise InputError(f"floor: two halves need at least 4 images, got {len(pool)}")
    halves = [_halves(pool, rng) for _ in range(resplits)]
    return [frechet_distance(gaussian(pool.vectors[a]), gaussian(pool.vectors[b])) for a, b in halves]


def _halves(pool: Features, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    order = rng.permutation(len(pool))
    if pool.labels is not None:
        order = order[np.argsort(pool.labels[order], kind="stable")]
    # Of each neighbouring pair one goes either way: halves whose classes differ by at most one image.
    swap = rng.integers(2, size=len(order) // 2)
    pairs = order[: 2 * len(swap)].reshape(-1, 2)
    rows = np.arange(len(pairs))
    return pairs[rows, swap], pairs[rows, 1 - swap]

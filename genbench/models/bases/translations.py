"""Translations that learn nothing: the baselines and the calibration of a board of pairs.

Images are uint8 (N, C, H, W). `identity` gives the source itself, `nearest_pair` the target of the nearest training
source: what a model must beat. `truth` and `shuffled_truth` give the targets, in their order and in another: the best
and the chance value of every score of pairs, both with the best score of every set of images.
"""

from __future__ import annotations

import numpy as np

from genbench.data.datasets._fit import luma
from genbench.data.sides import Sides
from genbench.errors import InputError

BLOCK = 512  # sources at once against all training sources


def identity(sources: np.ndarray, *, channels: int) -> np.ndarray:
    """Give the sources in the targets' number of channels, 1 or 3: grey as equal channels, colour as its luma."""
    if sources.shape[1] == channels:
        return sources
    return np.repeat(sources, 3, axis=1) if channels == 3 else luma(sources)


def nearest_pair(sources: np.ndarray, train: Sides) -> np.ndarray:
    """Give the target of the training source that is nearest to each source, by Euclidean distance of pixels.

    Of equally near ones the first counts: products of whole numbers are exact in float64. Unpaired sides are refused.
    """
    if not train.paired:
        raise InputError("nearest_pair: expected pairs, got a train split whose sides are of different images")
    if sources.shape[1:] != train.sources.shape:
        raise InputError(f"nearest_pair: expected sources of {train.sources.shape}, got {sources.shape[1:]}")
    seen = train.sources.pixels.reshape(len(train.sources), -1).astype(np.float64)
    norms = np.square(seen).sum(axis=1)
    nearest = np.empty(len(sources), np.int64)
    for start in range(0, len(sources), BLOCK):
        block = sources[start : start + BLOCK].reshape(-1, seen.shape[1]).astype(np.float64)
        nearest[start : start + BLOCK] = (norms - 2 * block @ seen.T).argmin(axis=1)
    return train.targets.pixels[nearest]


def truth(sides: Sides) -> np.ndarray:
    """Give the true targets."""
    return sides.targets.pixels


def shuffled_truth(sides: Sides, rng: np.random.Generator) -> np.ndarray:
    """Give the true targets in a random order, in which one stays in its place on average."""
    return sides.targets.pixels[rng.permutation(len(sides.targets))]

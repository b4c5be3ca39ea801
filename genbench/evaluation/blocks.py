"""Scores of disjoint blocks of generated images, each of as many images as there are real ones.

Most metrics depend on the number of images (the bias of FID is of order 1/N), so a block has N images where the
reference has N, and its number is comparable with the floor. The score of a cell is the mean over its B blocks. The
spread over blocks is that of drawing images from fixed weights: with s their standard deviation (n − 1), s / √B is the
standard error that the draw gives the mean. All blocks are compared with the same real images, whose choice it leaves
out.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError

Scores = dict[str, float]


def blocks(fake: Features, size: int) -> list[Features]:
    """Cut features into consecutive blocks of `size` images; a remainder, or less than one block, is an InputError."""
    count, rest = divmod(len(fake), size)
    if rest or not count:
        raise InputError(
            f"{fake.protocol.source}: expected blocks of {size} images, as many as real ones; got {len(fake)}"
        )
    return [_part(fake, slice(start, start + size)) for start in range(0, len(fake), size)]


def of_blocks(fake: Features, size: int, score: Callable[[int, Features], Scores]) -> dict[str, list[float]]:
    """Score each block by `score(index, features)` and give the values of all blocks by metric."""
    scores = [score(index, block) for index, block in enumerate(blocks(fake, size))]
    return {key: [values[key] for values in scores] for key in scores[0] if all(key in values for values in scores)}


def means(values: dict[str, list[float]]) -> Scores:
    """Mean over blocks, by metric."""
    return {key: statistics.fmean(each) for key, each in values.items()}


def draw_errors(values: dict[str, list[float]]) -> dict[str, float | None]:
    """Standard error s / √B that the draw gives the mean over B blocks, by metric; None of a single block."""
    return {key: _error(each) for key, each in values.items()}


def _error(values: Sequence[float]) -> float | None:
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None


def _part(features: Features, rows: slice) -> Features:
    def cut(part: np.ndarray | None) -> np.ndarray | None:
        return None if part is None else part[rows]

    return replace(
        features,
        vectors=features.vectors[rows],
        probs=cut(features.probs),
        labels=cut(features.labels),
        layers={name: layer[rows] for name, layer in features.layers.items()},
    )

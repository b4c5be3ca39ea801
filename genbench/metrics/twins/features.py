"""Scores of pairs in features: perceptual distance, twin retrieval, and the class that is kept.

Of φ(x) the features of an output in a layer and φ(y) those of its target,

    perceptual distance = mean over layers of ‖φ(x) − φ(y)‖² / V,   V = E ‖φ(y) − E φ(y)‖² over the targets,

the feature reconstruction of Johnson, Alahi, Fei-Fei, "Perceptual losses for real-time style transfer and
super-resolution" (2016), equation 2, in units of the targets' own variance, so that layers of any width and scale count
alike: 0 for the truth, 1 on average where every output has the mean features of the targets, and 2 for targets in a
random order.

Twin retrieval is the share of outputs whose own target is the nearest of all, by Euclidean distance; of k equally near
ones it counts 1/k. It is 1 for the truth where all targets differ, and 1/N by chance.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from genbench.errors import InputError, unknown
from genbench.metrics.twins import require_twins

BLOCK = 512  # outputs at once against all targets


def perceptual_distance(outputs: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray]) -> np.ndarray:
    """Compute the perceptual distance of each pair, (N,) float64 from 0, over layers (N, D_layer) by name."""
    if not targets:
        raise InputError("perceptual distance: expected at least one layer, got none")
    distances = []
    for name, target in targets.items():
        if name not in outputs:
            raise unknown("perceptual distance: layer of the outputs", name, outputs)
        output, true = outputs[name].astype(np.float64), target.astype(np.float64)
        require_twins(f"perceptual distance: layer {name!r}", output, true)
        unit = np.square(true - true.mean(axis=0)).sum(axis=1).mean()
        if unit == 0:
            raise InputError(f"perceptual distance: layer {name!r} is the same for all targets")
        distances.append(np.square(output - true).sum(axis=1) / unit)
    return np.mean(distances, axis=0)


def twin_found(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Tell of each of (N, D) outputs whether its own target is the nearest: (N,) 1, 0, or 1/k of k equally near ones.

    A matrix product finds the targets that may be as near; what its rounding leaves open is settled by sums of squared
    differences, so that equal targets are equally near.
    """
    require_twins("twin retrieval", outputs, targets)
    centre = targets.mean(axis=0, dtype=np.float64)
    x, y = outputs - centre, targets - centre
    norms_x, norms_y = np.square(x).sum(axis=1), np.square(y).sum(axis=1)
    own = np.square(x - y).sum(axis=1)
    found = np.zeros(len(x))
    for start in range(0, len(x), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(x)))
        scale = norms_x[rows, None] + norms_y
        slack = 4 * (x.shape[1] + 16) * np.finfo(np.float64).eps * scale
        further = scale - 2 * x[rows] @ y.T - own[rows, None]
        for row in np.flatnonzero((further >= -slack).all(axis=1)):  # no target is nearer for certain
            open_ones = np.flatnonzero(further[row] <= slack[row])
            distances = np.square(x[rows[row]] - y[open_ones]).sum(axis=1)
            if (distances >= own[rows[row]]).all():
                found[rows[row]] = 1 / np.count_nonzero(distances == own[rows[row]])
    return found


def class_kept(probs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Tell of each output whether a classifier sees the class of its source: (N,) truth values.

    probs: (N, K) class probabilities of the outputs. labels: (N,) of the sources; an unknown one (-1) is refused.
    """
    if probs.ndim != 2 or labels.shape != probs.shape[:1] or len(labels) < 1:
        raise InputError(
            f"class kept: expected probabilities (N, K) and labels (N,), got {probs.shape} and {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= probs.shape[1]:
        raise InputError(
            f"class kept: expected labels from 0 to {probs.shape[1] - 1}, got {labels.min()} to {labels.max()}"
        )
    return probs.argmax(axis=1) == labels

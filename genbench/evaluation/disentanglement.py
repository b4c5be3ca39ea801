"""Mutual information gap of codes and known factors: Chen et al. (2018), "Isolating sources of disentanglement", eq. 6.

For each factor v, the numbers z_j of a code are put in order of their mutual information with it, and

    MIG = mean over factors of (I(z_(1); v) − I(z_(2); v)) / H(v)

is 1 where each factor is told by one number alone, and 0 where two numbers tell as much or none tells anything. Factors
are here what is measured on an image (:mod:`genbench.data.captions`): brightness, width and slant. They depend on each
other a little, so that even codes that are the factors have less than 1. Codes and factors are cut into `BINS` parts of
equal mass each, so that I does not change with the scale of a number; it is of counts, and so a little too high.
"""

from __future__ import annotations

import numpy as np
import torch

from genbench.data.captions._measures import MEASURED
from genbench.data.pixels import scale

BINS = 10


def factors(pixels: np.ndarray) -> np.ndarray:
    """Measure the factors of images (N, C, H, W) uint8, (N, factors) float64."""
    images = scale(torch.from_numpy(np.array(pixels)))
    return torch.stack([one.measure(images) for one in MEASURED], 1).double().numpy()


def gap(codes: np.ndarray, known: np.ndarray) -> float:
    """Compute the gap of codes (N, F) with factors (N, K), between 0 and 1.

    A factor that is the same for all images counts as 0, and so do codes that are not finite.
    """
    if not np.isfinite(codes).all():
        return 0.0
    parts, gaps = [binned(number) for number in codes.T], []
    for factor in known.T:
        cut = binned(factor)
        entropy = information(cut, cut)
        told = sorted((information(part, cut) for part in parts), reverse=True)
        first, second = told[0], told[1] if len(told) > 1 else 0.0
        gaps.append((first - second) / entropy if entropy > 0 else 0.0)
    return float(np.mean(gaps))


def binned(values: np.ndarray) -> np.ndarray:
    """Cut values (N,) into parts of equal mass, numbered from 0; equal values share a part."""
    edges = np.quantile(values, np.arange(1, BINS) / BINS)
    return np.searchsorted(edges, values, side="right")


def information(one: np.ndarray, other: np.ndarray) -> float:
    """Compute the mutual information of two rows of parts (N,) from their counts, in nats."""
    joint = np.bincount(one * BINS + other, minlength=BINS * BINS).reshape(BINS, BINS) / len(one)
    apart = np.outer(joint.sum(1), joint.sum(0))
    there = joint > 0
    return float((joint[there] * np.log(joint[there] / apart[there])).sum())

"""Parzen windows: the log-likelihood of a model that has none, guessed from its samples, and why not to trust it.

A Gaussian of standard deviation h on each of M samples is a density,

    p_h(x) = 1/M Σᵢ N(x; xᵢ, h² I),

and the model is scored by the mean log p_h of test images, h chosen on validation images (Goodfellow et al. 2014,
section 5). In many dimensions no number of samples makes p_h close to the model's density; it then ranks models that
blur or that draw the centres of clusters above the data themselves (Theis et al. 2016, section 3.2 and table 1).

Vectors are pixels on [0, 1], flattened, as in the published numbers; another scale shifts log-densities by D log of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from genbench.errors import InputError
from genbench.metrics.numerics.estimates import Estimate, mean_and_error

#: Rows of distances held at once.
BLOCK = 1024


@dataclass(frozen=True)
class Parzen:
    """Mean log-density of test vectors in nats, with its standard error, and the chosen bandwidth.

    at_end: the bandwidth is the smallest or the largest that was offered, so that a better one may lie beyond.
    """

    nats: Estimate
    bandwidth: float
    at_end: bool


def squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Compute (N, M) of (N, D) and (M, D), in float64 and centred, so that little is lost by cancellation."""
    centre = y.mean(axis=0, dtype=np.float64)
    x, y = x - centre, y - centre
    distances: np.ndarray = (x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * x @ y.T
    return distances.clip(min=0)


def log_densities(points: np.ndarray, samples: np.ndarray, bandwidths: np.ndarray) -> np.ndarray:
    """Compute log p_h, (K, N), of points (N, D) from samples (M, D) for bandwidths (K,)."""
    count, dimensions = samples.shape
    densities = np.empty((len(bandwidths), len(points)))
    for start in range(0, len(points), BLOCK):
        distances = squared_distances(points[start : start + BLOCK], samples)
        for row, h in zip(densities, bandwidths, strict=True):
            row[start : start + BLOCK] = logsumexp(-distances / (2 * h**2), axis=1)
    normaliser = math.log(count) + 0.5 * dimensions * np.log(2 * math.pi * bandwidths**2)
    return densities - normaliser[:, None]


def parzen(samples: np.ndarray, *, validation: np.ndarray, test: np.ndarray, bandwidths: list[float]) -> Parzen:
    """Score samples (M, D): of the bandwidths the one best on validation (V, D), then the mean over test (N, D)."""
    offered = np.unique(np.array(bandwidths, dtype=np.float64))
    if not len(offered) or not (offered > 0).all():
        raise InputError(f"parzen: expected bandwidths above 0, got {bandwidths}")
    for name, vectors in {"samples": samples, "validation": validation, "test": test}.items():
        if len(vectors) < 2:
            raise InputError(f"parzen: expected at least 2 vectors of each set, {name} has {len(vectors)}")
    best = int(log_densities(validation, samples, offered).mean(axis=1).argmax())
    nats = log_densities(test, samples, offered[best : best + 1])[0]
    return Parzen(mean_and_error(nats), float(offered[best]), best in (0, len(offered) - 1))

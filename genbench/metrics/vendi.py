"""Vendi score: the effective number of different images among the generated ones.

    VS = exp(−Σᵢ λᵢ log λᵢ),   λ the eigenvalues of K / M,   K the cosines between all pairs of feature vectors.

Friedman, Dieng, "The Vendi score: a diversity evaluation metric for machine learning" (2023), section 3, with the
kernel that the authors take for images. From 1, where all vectors point the same way, to min(M, D), where all of M are
orthogonal. A vector of zeros has no direction: it counts as equal to other such vectors and orthogonal to the rest.
Eigenvalues are those of the smaller one of K / M and the matrix of (D, D) that shares them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import linalg
from scipy.special import entr

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.numerics.backend import algebra_for

ROWS = 8192  # rows taken to float64 at a time, so that memory does not grow with M

COLUMNS = {
    "vendi": Column(
        label="Vendi",
        better="higher",
        low=1.0,
        fails="Never looks at real images: noise scores best. Features of one sign have small angles and low scores.",
        headline=False,
    )
}


def compute(*, fake: Features) -> dict[str, float]:
    """Compute `vendi` of `fake.vectors` (M, D), from 1 to min(M, D + 1)."""
    return {"vendi": vendi(fake.vectors)}


def vendi(vectors: np.ndarray) -> float:
    """Give the Vendi score of (M, D) vectors under the cosine kernel."""
    n, dimensions = len(vectors), vectors.shape[1] + 1
    algebra = algebra_for(n, dimensions)
    if n <= dimensions:
        gram = algebra.gram([np.concatenate(list(_directions(vectors))).T], n)
    else:
        gram = algebra.gram(_directions(vectors), dimensions)
    eigenvalues = linalg.eigvalsh(gram / n, lower=True, check_finite=False, overwrite_a=True)
    return float(np.exp(entr(eigenvalues.clip(min=0)).sum()))


def _directions(vectors: np.ndarray) -> Iterator[np.ndarray]:
    """Give blocks of (n, D + 1) unit vectors; the last coordinate is 1 for a vector of zeros and 0 for others."""
    for start in range(0, len(vectors), ROWS):
        rows = vectors[start : start + ROWS].astype(np.float64)
        largest = np.abs(rows).max(axis=1, keepdims=True)
        rows /= np.where(largest > 0, largest, 1)
        rows = np.concatenate([rows, largest == 0], axis=1)
        yield rows / np.linalg.norm(rows, axis=1, keepdims=True)

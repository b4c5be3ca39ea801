"""Calibration row: one Gaussian over the pixels, with the principal components of the training images.

Probabilistic principal component analysis (Tipping and Bishop 1999): N(m, W Wᵀ + σ² I), where m is the mean, W has the
`components` largest principal directions, and σ² is the mean variance of all others, which is the likeliest. Pixels
are dequantised (:mod:`genbench.models.bases.gaussian_mixture`). It has the first two moments of the data and no more.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.models.bases.gaussian_mixture import GaussianMixtureModel
from genbench.options import Count

FAMILY = "calibration"


class PCAGaussian(GaussianMixtureModel):
    """A mixture of one."""

    def __init__(self, shape: Shape, components: int) -> None:
        super().__init__(shape, 1)
        self.components = components

    def fit(self, points: np.ndarray, rng: torch.Generator) -> None:
        data = torch.from_numpy(points)
        values, vectors = torch.linalg.eigh(torch.cov(data.T, correction=0))  # rising
        values[: -self.components] = values[: -self.components].mean()
        self.means.copy_(data.mean(0, keepdim=True))
        self.factors[0] = torch.linalg.cholesky((vectors * values) @ vectors.T)


def build(shape: Shape, *, components: Count) -> PCAGaussian:
    """`components` principal directions, fewer than there are pixels."""
    if components >= math.prod(shape):
        raise InputError(f"pca_gaussian: components: expected less than {math.prod(shape)} pixels, got {components}")
    return PCAGaussian(shape, components)

"""Calibration row: a mixture of Gaussians with full covariances, fitted to the pixels by expectation maximisation.

A model of a second's fit that a deep one must beat (Dempster, Laird, Rubin 1977). Pixels are dequantised and in grey
steps (:mod:`genbench.models.bases.gaussian_mixture`); `noise` is added to each variance at every step, so that no
component shrinks to an image. On 897 digits of 8×8 pixels a mixture of 20 has a lower FID than most deep models of half
a minute's training, and does not copy.
"""

from __future__ import annotations

import numpy as np
import torch

from genbench.data.images import Shape
from genbench.engine.learner import Facts
from genbench.errors import InputError
from genbench.models.bases.gaussian_mixture import GaussianMixtureModel
from genbench.options import Count, Positive

FAMILY = "calibration"


class GaussianMixture(GaussianMixtureModel):
    """scikit-learn's, started by k-means."""

    def __init__(self, shape: Shape, components: int, noise: float) -> None:
        super().__init__(shape, components)
        self.components, self._noise = components, noise

    def refuse(self, facts: Facts) -> None:
        if facts.images is not None and facts.images < self.components:
            raise InputError(
                f"gaussian_mixture: components: expected at most the {facts.images} training images, "
                f"got {self.components}"
            )

    def fit(self, points: np.ndarray, rng: torch.Generator) -> None:
        from sklearn import mixture  # here, because it takes a second that other models need not pay

        seed = int(torch.randint(2**31, (), generator=rng))
        fitted = mixture.GaussianMixture(self.components, reg_covar=self._noise, random_state=seed).fit(points)
        self.shares.copy_(torch.from_numpy(fitted.weights_))
        self.means.copy_(torch.from_numpy(fitted.means_))
        self.factors.copy_(torch.linalg.cholesky(torch.from_numpy(fitted.covariances_)))


def build(shape: Shape, *, components: Count, noise: Positive = 0.3) -> GaussianMixture:
    """`components` Gaussians; `noise` is the variance added to every pixel's, in grey steps²."""
    return GaussianMixture(shape, components, noise)

"""Calibration row: a mixture of Gaussians with full covariances, fitted to the pixels by expectation maximisation.

A model of a second's fit that a deep one must beat (Dempster, Laird, Rubin 1977). Pixels are dequantised and in grey
steps (:mod:`genbench.models.bases.gaussian_mixture`); `noise` is added to each variance at every step, so that no
component shrinks to an image. On 897 digits of 8×8 pixels a mixture of 20 has a lower FID than most deep models of half
a minute's training, and does not copy.

Larger images have covariances that take hours: with `directions` the components differ within the largest principal
directions of the training images alone, and share one variance in all others, which is the mean there (as Tipping and
Bishop 1999 have it for one Gaussian).
"""

from __future__ import annotations

import math
from typing import Any

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

    def __init__(self, shape: Shape, components: int, noise: float, directions: int | None) -> None:
        super().__init__(shape, components)
        self.components, self._noise, self._directions = components, noise, directions

    def refuse(self, facts: Facts) -> None:
        if facts.images is not None and facts.images < self.components:
            raise InputError(
                f"gaussian_mixture: components: expected at most the {facts.images} training images, "
                f"got {self.components}"
            )

    def fit(self, points: np.ndarray, rng: torch.Generator) -> None:
        from sklearn import mixture  # here, because it takes a second that other models need not pay

        seed = int(torch.randint(2**31, (), generator=rng))
        fitting = mixture.GaussianMixture(self.components, reg_covar=self._noise, random_state=seed)
        if self._directions is None:
            fitted = fitting.fit(points)
            means, covariances = fitted.means_, fitted.covariances_
        else:
            means, covariances = self._within(points, fitting, self._directions)
        self.shares.copy_(torch.from_numpy(fitting.weights_))
        self.means.copy_(torch.from_numpy(means))
        self.factors.copy_(torch.linalg.cholesky(torch.from_numpy(covariances)))

    def _within(self, points: np.ndarray, fitting: Any, directions: int) -> tuple[np.ndarray, np.ndarray]:
        """Fit within principal directions; return means (K, D) and covariances (K, D, D) over all of them."""
        from sklearn import decomposition

        kept = min(directions, len(points))  # so few images span no more
        principal = decomposition.PCA(kept, svd_solver="covariance_eigh").fit(points)
        fitting.fit(principal.transform(points))
        basis = principal.components_  # (directions, D)
        others = (principal.noise_variance_ + self._noise) * (np.eye(basis.shape[1]) - basis.T @ basis)
        return principal.inverse_transform(fitting.means_), basis.T @ fitting.covariances_ @ basis + others


def build(
    shape: Shape, *, components: Count, noise: Positive = 0.3, directions: Count | None = None
) -> GaussianMixture:
    """`components` Gaussians; `noise` is the variance added to every pixel's, in grey steps².

    directions: principal directions in which the components differ, fewer than there are pixels; None for all. As many
        as there are images, if these are fewer.
    """
    if directions is not None and directions >= math.prod(shape):
        raise InputError(
            f"gaussian_mixture: directions: expected less than {math.prod(shape)} pixels, got {directions}"
        )
    return GaussianMixture(shape, components, noise, directions)

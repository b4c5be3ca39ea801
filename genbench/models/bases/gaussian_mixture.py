"""A mixture of Gaussians over dequantised pixels, and its likelihood of discrete images.

An image is the point k + u of its levels k, u uniform on [0, 1), in units of a grey step; with shares w_i,

    p(y) = Σ_i w_i N(y; m_i, L_i L_iᵀ).

The probability of the image is the density's integral over its bins (Theis et al. 2016, section 3.1), to which bins at
the edges add their tails, so that, by Jensen's inequality,

    log P(image) ≥ E log [ mean of p(k + u) over n draws of u ].

A sample is a point of the density, rounded down to its level and kept within the levels.
"""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.models.bases.grey_levels import value_of
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, dequantise, level_of

#: Numbers in an image at most: twenty covariances of 1024 take 170 MB.
MOST = 1024


class GaussianMixtureModel(LikelihoodModel):
    """Mixture of K Gaussians over D = C · H · W pixels, fitted in `setup`.

    shares: (K,), of sum 1. means: (K, D). factors: (K, D, D), lower Cholesky factors of the covariances. All are
    float64, in grey steps.
    """

    shares: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, shape: Shape, components: int) -> None:
        super().__init__(shape)
        pixels = math.prod(shape)
        if pixels > MOST:
            raise InputError(f"full covariances: expected images of at most {MOST} numbers, got {shape}")
        self.register_buffer("shares", torch.full((components,), 1 / components, dtype=torch.float64))
        self.register_buffer("means", torch.zeros(components, pixels, dtype=torch.float64))
        self.register_buffer("factors", torch.eye(pixels, dtype=torch.float64).repeat(components, 1, 1))

    @abstractmethod
    def fit(self, points: np.ndarray, rng: torch.Generator) -> None:
        """Fill the buffers from (N, D) float64 points in grey steps."""

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        levels = level_of(scale(torch.tensor(data.train.pixels)), self.levels.cpu()).flatten(1).double()
        self.fit((levels + torch.rand(levels.shape, generator=rng, dtype=torch.float64)).numpy(), rng)

    def log_density(self, points: Tensor) -> Tensor:
        """log p of points (B, D), float64 in grey steps, (B,)."""
        away = (points - self.means[:, None]).transpose(1, 2)
        squares = torch.linalg.solve_triangular(self.factors, away, upper=False).square().sum(1)
        volumes = self.factors.diagonal(dim1=1, dim2=2).log().sum(1) + 0.5 * points.shape[1] * math.log(2 * math.pi)
        return (self.shares.log()[:, None] - 0.5 * squares - volumes[:, None]).logsumexp(0)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        points = (dequantise(images, self.levels, rng).flatten(1).double() * self.levels for _ in range(draws))
        logs = torch.stack([self.log_density(point) for point in points]).logsumexp(0) - math.log(draws)
        return Likelihood(logs, "lower bound", f"dequantised density, {draws} draws")

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Points of the density, rounded down to grey levels."""
        component = torch.multinomial(self.shares.cpu(), n, replacement=True, generator=rng).to(self.shares.device)
        noise = torch.randn(n, self.means.shape[1], generator=rng, dtype=torch.float64).to(self.means)
        moved = torch.empty_like(noise)
        for index in range(len(self.shares)):  # a factor is large: it is not copied for every sample
            chosen = component == index
            moved[chosen] = self.means[index] + noise[chosen] @ self.factors[index].T
        level = moved.floor().clamp(min=0).minimum(self.levels - 1)
        return value_of(level.float(), self.levels).view(n, *self.shape)

"""Calibration row: each pixel drawn by itself from its own histogram of grey levels over the training images.

The simplest model that has an exact likelihood; one that knows less than this of an image has learnt no dependence
between its pixels. A level's probability is (count + ½) / (N + levels / 2), the Krichevsky-Trofimov estimate, so that
a level that a pixel never had in training is improbable and not impossible.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Data
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of

FAMILY = "calibration"


class PixelHistogram(LikelihoodModel):
    """`logs`: log-probabilities (C, H, W, 256); those beyond the dataset's number of levels are −∞."""

    logs: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.register_buffer("logs", torch.zeros(*shape, 256))

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        counts = torch.zeros_like(self.logs)
        for images in torch.split(torch.tensor(data.train.pixels, device=counts.device), 1000):
            index = level_of(scale(images), self.levels).movedim(0, -1)
            counts.scatter_add_(-1, index, torch.ones_like(index, dtype=counts.dtype))
        self.logs.fill_(-torch.inf)
        self.logs[..., : data.levels] = ((counts + 0.5) / (len(data.train) + data.levels / 2)).log()[..., : data.levels]

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        index = level_of(images, self.levels).unsqueeze(-1)
        logs = self.logs.expand(len(images), *self.logs.shape).gather(-1, index)
        return Likelihood(logs.flatten(1).sum(1), "exact", "the product of the pixels' probabilities")

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Draw levels by inversion of each pixel's distribution."""
        uniform = torch.rand(*self.shape, n, generator=rng).to(self.logs.device)
        index = torch.searchsorted(self.logs.exp().cumsum(-1), uniform).movedim(-1, 0)
        return index.clamp(max=self.levels - 1) * (2 / (self.levels - 1)) - 1


def build(shape: Shape) -> PixelHistogram:
    """Build the row; it has no options."""
    return PixelHistogram(shape)

"""Base of normalizing flows: a density of dequantised images by change of variables, and its discrete likelihood.

An image on `levels` grey levels is spread over its bin of the unit cube, y = (k + u) / levels with u uniform. Pixel by
pixel y becomes a real number x (below), an invertible network takes x to codes z, and with z standard normal

    log p(y) = log N(z; 0, I) + log |det ∂z/∂x| + log |det ∂x/∂y|.

The probability of the image is the density's integral over its bin (Theis et al. 2016, section 3.1), so that

    log P(image) = log E_u p(y) − D log(levels) ≥ E log [ mean of p(y) over n draws of u ] − D log(levels),

D the number of dimensions: one draw is training's loss, more make the bound tighter (Hoogeboom et al. 2020, "Learning
discrete distributions by dequantization", section 4).

The pixels become real by their own training histograms: x = Φ⁻¹(F(y)), F the piecewise linear distribution function
that a pixel's histogram gives and Φ the standard normal one, the first step of Gaussianization (Chen and Gopinath
2000). Each x is then standard normal by itself, also at pixels that are nearly always black, which no affine map can
make normal; a network that does nothing gives the likelihood of the row pixel_histogram, and all that it learns is
dependence between pixels. The logit of Dinh et al. (2017) leaves both to the network.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.engine.learner import Batch, Data, ParameterGroup, Update
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, bits_per_dimension, dequantise
from genbench.models.pixel_histogram import PixelHistogram
from genbench.options import Positive

#: Distribution functions stay this far from 0 and 1, |x| below 6: a bin's very edge would otherwise be infinite.
EDGE = 1e-9


class Pushed(NamedTuple):
    """Image of a batch under an invertible map: values, and (B,) log |det| of the map's Jacobian there."""

    value: Tensor
    logdet: Tensor


class Flow(LikelihoodModel):
    """An invertible network between real images and standard normal codes, trained by maximum likelihood."""

    def __init__(self, shape: Shape, lr: float) -> None:
        super().__init__(shape)
        self.pixels = PixelHistogram(shape)
        self._lr = lr

    @abstractmethod
    def forward(self, x: Tensor) -> Pushed:
        """Map real images (B, C, H, W) to codes (B, C · H · W)."""

    @abstractmethod
    def inverse(self, codes: Tensor) -> Tensor:
        """Map codes (B, C · H · W) to real images (B, C, H, W)."""

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.pixels.setup(data, rng)

    def groups(self) -> dict[str, ParameterGroup]:
        return {"flow": ParameterGroup(list(self.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        yield Update("flow", bits_per_dimension(self._bound(next(batches).images, rng), self.shape).mean())

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        bounds = torch.stack([self._bound(images, rng) for _ in range(draws)])
        return Likelihood(bounds.logsumexp(0) - math.log(draws), "lower bound", f"dequantised density, {draws} draws")

    def sample(self, n: int, *, rng: torch.Generator, temperature: Positive = 1.0) -> Tensor:
        """Draw images on the dataset's grey levels; `temperature` is the standard deviation of the codes."""
        codes = temperature * torch.randn(n, math.prod(self.shape), generator=rng).to(self.levels.device)
        level = (self.to_cube(self.inverse(codes)) * self.levels).floor().clamp(min=0).minimum(self.levels - 1)
        return level * (2 / (self.levels - 1)) - 1

    def _bound(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """Return (B,) log p(y) − D log(levels) at one draw of the noise."""
        density = self.log_density(dequantise(images, self.levels, rng))
        return density - math.prod(self.shape) * self.levels.log()

    def log_density(self, points: Tensor) -> Tensor:
        """Return (B,) log p of points (B, C, H, W) of the unit cube."""
        x, from_cube = self.from_cube(points)
        codes, change = self(x)
        return standard_normal(codes) + change + from_cube

    def from_cube(self, points: Tensor) -> Pushed:
        """Map points of the unit cube to real images, x = Φ⁻¹(F(y)).

        In float64, for F is flat where a level is rare.
        """
        heights, ends = self._histogram()
        position = points.double() * self.levels
        level = position.long().clamp(min=0).minimum(self.levels - 1)
        height, end = (_at(table, level) for table in (heights, ends))
        x = torch.special.ndtri((end - height * (level + 1 - position)).clamp(EDGE, 1 - EDGE))
        density = height.log() + self.levels.log()
        return Pushed(x.float(), (density.flatten(1).sum(1) - standard_normal(x)).float())

    def to_cube(self, x: Tensor) -> Tensor:
        """Invert `from_cube`."""
        heights, ends = self._histogram()
        share = torch.special.ndtr(x.double()).clamp(EDGE, 1 - EDGE)
        level = torch.searchsorted(ends, share.movedim(0, -1).contiguous()).movedim(-1, 0).minimum(self.levels - 1)
        height, end = (_at(table, level) for table in (heights, ends))
        return ((level + 1 - (end - share) / height) / self.levels).float()

    def _histogram(self) -> tuple[Tensor, Tensor]:
        """Return each pixel's probabilities of its levels, and F at their upper ends, (C, H, W, 256) in float64."""
        heights = self.pixels.logs.double().exp()
        heights = heights / heights.sum(-1, keepdim=True)
        return heights, heights.cumsum(-1)


def _at(table: Tensor, level: Tensor) -> Tensor:
    """Look up the entries of (C, H, W, 256) at levels (B, C, H, W)."""
    return table.expand(len(level), *table.shape).gather(-1, level.unsqueeze(-1)).squeeze(-1)


def standard_normal(codes: Tensor) -> Tensor:
    """Return the (B,) log density of a batch of codes of any shape under N(0, I)."""
    return -0.5 * (codes.square() + math.log(2 * math.pi)).flatten(1).sum(1)

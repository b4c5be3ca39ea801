"""Nearly all noise, and hardly less likely: Theis, van den Oord, Bethge (2016), section 3.2.

The mixture of a share w of a model p with noise n,

    log [w p(x) + (1 − w) n(x)] ≥ log p(x) + log w,

loses at most log 1/w nats: 4.6 at w = 0.01, a thousandth of a bit a dimension for 32 × 32 colour pixels, although 99 of
100 of its samples are noise. Likelihood and the look of samples are thus nearly independent in many dimensions.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel


class Mixture(LikelihoodModel):
    """Mixture of a share of images from `base` and the rest with grey levels drawn uniformly and independently.

    Its likelihood is of the base's kind: the mixture grows with p, so that a bound of p gives one of it.
    """

    def __init__(self, base: LikelihoodModel, share: float) -> None:
        super().__init__(base.shape)
        if not 0 < share < 1:
            raise InputError(f"mixture: expected a share between 0 and 1, got {share}")
        self.base, self.share = base, share
        self.levels.copy_(base.levels)

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.base.setup(data, rng)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        likelihood = self.base.log_likelihood(images, draws=draws, rng=rng)
        noise = -math.prod(self.shape) * math.log(int(self.levels))
        nats = torch.logaddexp(
            likelihood.nats + math.log(self.share), torch.full_like(likelihood.nats, noise + math.log1p(-self.share))
        )
        method = f"{self.share:g} of ({likelihood.method}), {1 - self.share:g} of uniform noise"
        return Likelihood(nats, likelihood.kind, method)

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Draw each image from the base with the probability `share`."""
        device = self.levels.device
        chosen = (torch.rand(n, generator=rng) < self.share).to(device)
        noise = torch.rand(n, *self.shape, generator=rng).to(device)
        images = (noise * self.levels).floor().minimum(self.levels - 1) * (2 / (self.levels - 1)) - 1
        drawn = int(chosen.sum())
        if drawn:
            images[chosen] = self.base.sample(drawn, rng=rng)
        return images

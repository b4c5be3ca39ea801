"""The memoriser with a likelihood: training images, each pixel of which slips with a small probability.

    P(x) = 1/N Σᵢ Πⱼ [(1 − ε) 1(xⱼ = xᵢⱼ) + ε / L]:

a training image is drawn, and each of its D pixels drawn anew, evenly over the L grey levels, with probability ε. With
ε → 0 samples are training images, perfect to look at, and the probability of any other image goes to 0: the other half
of Theis et al. (2016), section 3.2, where likelihood and quality part.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Data
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of


class Memory(LikelihoodModel):
    """Memoriser. kept: the grey levels of the training images, (N, C, H, W)."""

    def __init__(self, shape: Shape, slip: float) -> None:
        super().__init__(shape)
        self.slip = slip
        self.register_buffer("kept", torch.zeros(0, *shape, dtype=torch.long))

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.kept = level_of(scale(torch.tensor(data.train.pixels)), self.levels)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        kept = self.kept.flatten(1)
        index = level_of(images, self.levels).flatten(1)
        wrong = torch.stack([(image != kept).sum(1) for image in index]).double()
        stray = math.log(self.slip / int(self.levels))
        right = math.log1p(-self.slip + self.slip / int(self.levels))
        logs = wrong * stray + (kept.shape[1] - wrong) * right
        return Likelihood(logs.logsumexp(1) - math.log(len(kept)), "exact", "the sum over training images")

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        chosen = self.kept[torch.randint(len(self.kept), (n,), generator=rng)]
        anew = torch.rand(chosen.shape, generator=rng) < self.slip
        drawn = (torch.rand(chosen.shape, generator=rng) * self.levels).long()
        return torch.where(anew, drawn, chosen) * (2 / (self.levels - 1)) - 1

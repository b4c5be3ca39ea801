"""Masked diffusion on the dataset's own grey levels: Austin et al. (2021), D3PM with an absorbing state, as MDLM.

In the way to noise each of the D = C · H · W numbers of an image is hidden at a random time of its own, and stays so.
A network is given the image with the hidden numbers masked, and gives each of them a distribution over the grey levels,
a mixture of discretised logistics (:mod:`genbench.models.bases.logistic_mixture`; Austin et al. have one truncated
logistic for images). Sahoo et al. (2024, section 3) show that the bound in continuous time is a weighted
cross-entropy of the hidden numbers, with the weight 1/t for α_t = 1 − t, whatever the schedule. Written over the number
m of those hidden, with the set S of them uniform among all of that size,

    −log P(x) ≤ Σ_{m=1}^D 1/m E_{|S|=m} Σ_{i in S} −log p(x_i | x without S),

which is the mean code length over all orders in which numbers may be revealed one by one (Hoogeboom et al. 2022,
autoregressive diffusion models). Training minimises it at one m an image, uniform on 1 … D. The network is
told the share of hidden numbers, which it could count itself, as the U-Net's time.

Sampling starts with all numbers hidden and reveals them in a random order in `steps` groups of equal size up to one
number, with a call of the network for each. (In Sahoo et al. chance decides how many a step reveals.) Numbers of a
group do not see each other, so fewer steps draw from a poorer distribution: that of S steps, with m_s hidden at the
start of step s and m_0 = D, m_S = 0, has the bound

    −log P_S(x) ≤ Σ_s (m_s − m_{s+1}) / m_s E_{|S|=m_s} Σ_{i in S} −log p(x_i | x without S).

The likelihood is that of D steps. It is a sum of D terms, of which eight a draw are taken, evenly spaced from a random
start for each image, which has the right mean; or all of them where there are no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of
from genbench.models.bases.logistic_mixture import PARTS, draw_values, log_probability
from genbench.networks.blocks.unet import UNet
from genbench.options import Count, Flag, Positive
from genbench.per_image_random import integer_rows, uniform_rows

FAMILY = "diffusion"

#: Terms of the bound's sum in one draw.
TERMS = 8


class Denoiser(nn.Module):
    """Images (B, C, H, W) and which of their numbers are hidden, a bool of that shape, to outputs (B, 3 M, C · H · W).

    mixture: M. The last layer of its U-Net starts at zero, and the one after it tells the components apart.
    """

    def __init__(self, shape: Shape, mixture: int, *, width: int, attention: bool) -> None:
        super().__init__()
        self.outputs = PARTS * mixture
        self.inward = nn.Conv2d(2 * shape[0], width, 1)
        self.unet = UNet((width, *shape[1:]), width=width, attention=attention)
        self.outward = nn.Conv2d(width, self.outputs * shape[0], 1)

    def forward(self, images: Tensor, hidden: Tensor) -> Tensor:
        seen = torch.cat([images.masked_fill(hidden, 0), hidden.to(images)], dim=1)
        outputs: Tensor = self.outward(self.unet(self.inward(seen), seen[:, images.shape[1] :].flatten(1).mean(1)))
        return outputs.reshape(len(images), self.outputs, -1)


class MDLM(LikelihoodModel):
    """`network`: images and their hidden numbers, as of :class:`Denoiser`, to the mixtures of all numbers."""

    def __init__(self, shape: Shape, network: nn.Module, lr: float) -> None:
        super().__init__(shape)
        self.network, self._lr = network, lr
        self.numbers = math.prod(shape)

    def groups(self) -> dict[str, ParameterGroup]:
        return {"denoiser": ParameterGroup(list(self.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        counts = integer_rows(1, self.numbers + 1, len(images), rng).to(images.device)
        yield Update("denoiser", -self.mean_of_hidden(images, counts, rng).mean())

    def mean_of_hidden(self, images: Tensor, counts: Tensor, rng: torch.Generator) -> Tensor:
        """Hide `counts` (B,) numbers at random; return the mean of log p over those hidden, (B,) in nats."""
        place = uniform_rows(len(images), self.numbers, rng=rng).argsort(1).argsort(1).to(images.device)
        hidden = place < counts[:, None]
        outputs = self.network(images, hidden.view(images.shape))
        logs = log_probability(outputs, level_of(images, self.levels).flatten(1), self.levels)
        return (logs * hidden).sum(1) / counts

    def bound(self, images: Tensor, steps: int, terms: int, rng: torch.Generator) -> Tensor:
        """Estimate the lower bound of log P_S of S = `steps`, (B,) in nats, from `terms` of its S terms."""
        hidden = torch.tensor(self.path(steps), device=images.device)
        offset = torch.rand(len(images), generator=rng, dtype=torch.float64).to(images.device)
        nats = torch.zeros(len(images), device=images.device)
        for index in range(terms):
            step = ((index + offset) * (steps / terms)).long().clamp(max=steps - 1)
            revealed = hidden[step] - hidden[step + 1]
            nats = nats + revealed * (steps / terms) * self.mean_of_hidden(images, hidden[step], rng)
        return nats

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        nats = self.bound(images, self.numbers, min(TERMS * draws, self.numbers), rng)
        return Likelihood(nats, "lower bound", "mean over random orders of the numbers, revealed one by one")

    def path(self, steps: int) -> list[int]:
        """Return how many numbers are hidden before each step and after the last, D to 0."""
        if steps > self.numbers:
            raise InputError(f"steps: expected at most the {self.numbers} numbers of an image, got {steps}")
        return [round(self.numbers * (steps - step) / steps) for step in range(steps + 1)]

    def sample(self, n: int, *, rng: torch.Generator, steps: Count | None = None) -> Tensor:
        """Draw images in `steps` calls of the network, by default one for each number."""
        path = self.path(self.numbers if steps is None else steps)
        order = torch.rand(n, self.numbers, generator=rng).argsort(1).to(self.levels.device)
        images = torch.zeros(n, self.numbers, device=self.levels.device)
        for before, after in pairwise(path):
            hidden = torch.zeros_like(images, dtype=torch.bool).scatter(1, order[:, :before], True)
            outputs = self.network(images.view(n, *self.shape), hidden.view(n, *self.shape))
            revealed = order[:, after:before]
            chosen = outputs.gather(2, revealed[:, None].expand(-1, outputs.shape[1], -1))
            images.scatter_(1, revealed, draw_values(chosen, self.levels, rng).to(images))
        return images.view(n, *self.shape)


def build(shape: Shape, *, width: Count, attention: Flag, mixture: Count, lr: Positive) -> MDLM:
    """Build a model with a U-Net of `width` channels at full size, and `mixture` logistics a number."""
    return MDLM(shape, Denoiser(shape, mixture, width=width, attention=attention), lr)

"""The masked autoencoder for distribution estimation: Germain, Gregor, Murray, Larochelle (2015).

A fully connected network with masks (:mod:`genbench.networks.blocks.masked`) gives, in one pass, the distribution of
each of the D = C · H · W numbers of an image given those before it in an order,

    P(x) = Π_i P(x_i | x_j with o(j) < o(i)),

each a mixture of discretised logistics on the dataset's grey levels (:mod:`genbench.models.bases.logistic_mixture`); in
the paper pixels are bits, and a Bernoulli distribution does. The likelihood is exact.

With `orderings` K > 1 one network learns K orders, one a step in turn (their order-agnostic training). The
model is then their mixture, P(x) = 1/K Σ_k P_k(x), exact as well: samples take an order each. The first order is raster
order, channel by channel, and the others are random.

Sampling goes number by number over all images of an order at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of
from genbench.models.bases.logistic_mixture import PARTS, draw_values, log_probability
from genbench.networks.blocks.masked import Masked
from genbench.options import Count, Positive

FAMILY = "autoregressive"


class MADE(LikelihoodModel):
    """`network` gives the mixtures of all numbers; `orders` (K, D) int64 is the place of each number in each order."""

    orders: Tensor

    def __init__(self, shape: Shape, network: Masked, orders: Tensor, lr: float) -> None:
        super().__init__(shape)
        self.network, self._lr = network, lr
        self.register_buffer("orders", orders)

    def groups(self) -> dict[str, ParameterGroup]:
        return {"network": ParameterGroup(list(self.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        nats = self.log_ordered(next(batches).images, self.orders[(step - 1) % len(self.orders)])
        yield Update("network", -nats.mean() / math.prod(self.shape))

    def log_ordered(self, images: Tensor, order: Tensor) -> Tensor:
        """Return log P of images by one order, (B,) in nats."""
        outputs = self.network(images.flatten(1), order)
        return log_probability(outputs, level_of(images, self.levels).flatten(1), self.levels).sum(1)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        nats = torch.stack([self.log_ordered(images, order) for order in self.orders])
        method = "the product of the pixels' probabilities"
        if len(nats) > 1:
            method += f", their mean over {len(nats)} orders"
        return Likelihood(nats.logsumexp(0) - math.log(len(nats)), "exact", method)

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Draw an order for each image, and its numbers one by one."""
        chosen = torch.randint(len(self.orders), (n,), generator=rng).to(self.orders.device)
        images = torch.zeros(n, math.prod(self.shape), device=self.levels.device)
        for index, order in enumerate(self.orders):
            part = images[chosen == index]
            if not len(part):
                continue
            for number, outputs in self.network.walk(part, order):
                part[:, number] = draw_values(outputs[..., None], self.levels, rng)[:, 0]
            images[chosen == index] = part
        return images.view(n, *self.shape)


def build(shape: Shape, *, width: Count, layers: Count, mixture: Count, orderings: Count = 1, lr: Positive) -> MADE:
    """Build a MADE of `layers` hidden layers of `width` units; `mixture` logistics a number, `orderings` orders."""
    numbers = math.prod(shape)
    network = Masked(numbers, PARTS * mixture, width=width, layers=layers)
    orders = torch.stack([torch.arange(numbers), *[torch.randperm(numbers) for _ in range(orderings - 1)]])
    return MADE(shape, network, orders, lr)

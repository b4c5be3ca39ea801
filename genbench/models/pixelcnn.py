"""PixelCNN, gated, with mixtures of discretised logistics: p(x) = Π p(x_ij | pixels before it, in raster order).

The network is that of van den Oord et al. (2016b), :mod:`genbench.networks.blocks.gated_convolution`; the distribution
of a pixel that of PixelCNN++ (Salimans et al. 2017, section 2): a mixture over components m that all channels share, in
each of which channel c has the discretised logistic (:mod:`genbench.models.bases.grey_levels`) with scale s_mc and mean

    μ_mc + Σ_{d < c} w_mcd x_d,    |w_mcd| < 1,

on the dataset's own grey levels. The likelihood is exact. With `classes` it is conditional on the label y, added in
every layer, and the probability of an image alone is Σ_y p(y) p(x | y), over shares p(y) counted in training: it
costs a pass for each class.

Sampling goes pixel by pixel over all images at once and keeps the features of those before: the work of one pass of
the network in all, and about a millisecond a pixel of overhead (0.1 s for 8×8, a second for 32×32).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.engine.learner import Batch, Data, Facts, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models.bases.class_shares import ClassShares
from genbench.models.bases.grey_levels import log_logistic, value_of
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of
from genbench.networks.blocks.gated_convolution import Drop, Gated, as_it_is, dropout as dropping
from genbench.options import Count, Fraction, Natural, Positive

FAMILY = "autoregressive"

#: Narrower than e⁻⁷, a logistic is one grey level of 256 (Salimans et al. 2017, in their program).
LOG_SCALE = -7.0


class PixelCNN(LikelihoodModel):
    """`network` gives the numbers of each pixel's mixture; `shares` the classes that there are."""

    def __init__(
        self, shape: Shape, network: Gated, mixture: int, classes: int, lr: float, dropout: float = 0.0
    ) -> None:
        super().__init__(shape)
        self.network, self.mixture, self.classes, self._lr = network, mixture, classes, lr
        self._dropout = dropout
        self.shares = ClassShares(classes)

    def groups(self) -> dict[str, ParameterGroup]:
        return {"network": ParameterGroup(list(self.parameters()), self._lr)}

    def refuse(self, facts: Facts) -> None:
        self.shares.refuse(facts)

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.shares.count(data)

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        batch = next(batches)
        drop = dropping(self._dropout, rng) if self._dropout else as_it_is
        nats = self.log_conditional(batch.images, batch.labels, drop)
        yield Update("network", -nats.mean() / math.prod(self.shape))

    def log_conditional(self, images: Tensor, labels: Tensor | None, drop: Drop = as_it_is) -> Tensor:
        """Return log p(x | y), or log p(x) of a model without classes, (B,) in nats."""
        index = level_of(images, self.levels)
        outputs = self.network(images, labels if self.classes else None, drop)
        return log_mixture(index, split(outputs, self.shape[0]), self.levels).flatten(1).sum(1)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        if not self.classes:
            return Likelihood(self.log_conditional(images, None), "exact", "the product of the pixels' probabilities")
        every = [torch.full((len(images),), label, device=images.device) for label in range(self.classes)]
        nats = torch.stack([self.log_conditional(images, labels) for labels in every], dim=1)
        joint = nats + self.shares.shares.log().to(nats)
        return Likelihood(joint.logsumexp(1), "exact", "the product of the pixels' probabilities, summed over classes")

    def draw_labels(self, n: int, *, rng: torch.Generator) -> Tensor | None:
        return self.shares.draw(n, rng)

    def sample(self, n: int, *, rng: torch.Generator, labels: Tensor | None = None) -> Tensor:
        """Draw images pixel by pixel; `labels` (n,) for a model of classes, drawn by their shares if there are none."""
        device = self.levels.device
        labels = self.draw_labels(n, rng=rng) if labels is None else labels
        uniform = torch.rand(*self.shape[1:], n, 1 + self.shape[0], generator=rng).to(device)
        images = torch.zeros(n, *self.shape, device=device)
        for row, column, outputs in self.network.walk(images, None if labels is None else labels.to(device)):
            images[:, :, row, column] = draw(outputs, uniform[row, column], self.levels)
        return images


@dataclass(frozen=True)
class Mixture:
    """Parameters of the pixels' mixtures of M logistics over C channels.

    log_shares: (B, M, H, W). means, log_scales: (B, M, C, H, W). weights: w_mcd, (B, M, C, C, H, W), zero unless
    d < c; None for a single channel.
    """

    log_shares: Tensor
    means: Tensor
    log_scales: Tensor
    weights: Tensor | None


def outputs_of(channels: int, mixture: int) -> int:
    """Return the number of outputs that a pixel's mixture takes."""
    return mixture * (1 + 2 * channels + channels * (channels - 1) // 2)


def split(outputs: Tensor, channels: int) -> Mixture:
    """Read outputs of the network (B, M · (1 + 2C + C(C − 1)/2), H, W) as a mixture."""
    pairs = channels * (channels - 1) // 2
    numbers = outputs.view(len(outputs), -1, 1 + 2 * channels + pairs, *outputs.shape[2:])
    shares, means, log_scales, weights = torch.split(numbers, [1, channels, channels, pairs], dim=2)
    table = None
    if pairs:
        batch, mixture, _, height, width = weights.shape
        table = outputs.new_zeros(batch, mixture, channels, channels, height, width)
        lower = torch.tril_indices(channels, channels, -1, device=outputs.device)
        table[:, :, lower[0], lower[1]] = weights.tanh()
    return Mixture(shares[:, :, 0].log_softmax(1), means, log_scales.clamp(min=LOG_SCALE), table)


def log_mixture(index: Tensor, pixels: Mixture, levels: Tensor) -> Tensor:
    """Return the log-probability of the pixels' levels, (B, C, H, W) to (B, H, W)."""
    means = pixels.means
    if pixels.weights is not None:
        means = means + torch.einsum("bmcdhw,bdhw->bmchw", pixels.weights, value_of(index, levels))
    channels = log_logistic(index[:, None], means, pixels.log_scales, levels)
    return (pixels.log_shares + channels.sum(2)).logsumexp(1)


def draw(outputs: Tensor, uniform: Tensor, levels: Tensor) -> Tensor:
    """Draw values (B, C) of one pixel by inversion of `uniform` (B, 1 + C): a component, then each channel.

    outputs: of the network, as in `split`, (B, M · (1 + 2C + C(C − 1)/2)).
    """
    channels = uniform.shape[1] - 1
    numbers = outputs.view(len(outputs), -1, outputs_of(channels, 1))
    ends = numbers[:, :, 0].softmax(1).cumsum(1)
    component = (ends[:, :-1] <= uniform[:, :1]).sum(1)
    parameters = numbers[torch.arange(len(component), device=component.device), component, 1:]
    pairs = channels * (channels - 1) // 2
    means, log_scales, weights = torch.split(parameters, [channels, channels, pairs], dim=1)
    values = means + log_scales.clamp(min=LOG_SCALE).exp() * uniform[:, 1:].logit()
    weights = weights.tanh()
    for channel in range(channels):
        first = channel * (channel - 1) // 2  # weights are a lower triangle, row by row
        before = (weights[:, first : first + channel] * values[:, :channel]).sum(1)
        drawn = (values[:, channel] + before).clamp(-1, 1)
        values[:, channel] = value_of(level_of(drawn, levels), levels)
    return values


def build(
    shape: Shape,
    *,
    width: Count,
    layers: Count,
    kernel: Count = 3,
    mixture: Count,
    classes: Natural = 0,
    dropout: Fraction = 0.0,
    lr: Positive,
) -> PixelCNN:
    """Build a PixelCNN of `width` features a pixel; `kernel` (odd) is the width of a layer's view of the rows above.

    mixture: logistics a pixel. classes: 0, or the dataset's number of classes to be conditional on them.
    dropout: share of the features that a layer adds which are set to 0 in training (Salimans et al. 2017: 0.5).
    """
    if kernel % 2 == 0 or kernel < 3:
        raise InputError(f"pixelcnn: kernel: expected an odd number of at least 3, got {kernel}")
    network = Gated(shape[0], outputs_of(shape[0], mixture), width=width, layers=layers, kernel=kernel, classes=classes)
    return PixelCNN(shape, network, mixture, classes, lr, dropout)

"""The denoising autoencoder, and images from it: Vincent et al. (2008); Bengio, Yao, Alain, Vincent (2013).

An image x is corrupted, x̃ ~ C(x̃|x), and an autoencoder gives the distribution P(x|x̃) of what it was, in which each
number is Binomial(L − 1, p_i(x̃)) over the L grey levels, the Bernoulli distribution of both papers for two levels.
Training minimises −log P(x|x̃). C changes each number, by itself, with the probability `corruption`:

    masking          to black (Vincent et al.),
    salt_and_pepper  to black or white, as a coin falls (Bengio et al.).

Sampling is the Markov chain x̃ ~ C(x̃|x), x ~ P(x|x̃), over and over. Where P(x|x̃) is the true one the distribution of
images is kept, and the chain settles on it from any start (Bengio et al., theorem 1). It is an approximation here, for
numbers are drawn independently of each other given x̃, which holds best for little corruption; and little corruption
moves the chain little. Training is on corrupted images alone, without the paper's walkback. The chain starts at levels
that are uniform, and the means of its last P(x|x̃) are the sample. There is no likelihood.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.engine.learner import Batch, Data, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models import Model
from genbench.models.bases.grey_levels import CERTAIN, log_binomial, value_of
from genbench.models.bases.likelihood import level_of
from genbench.options import Count, Fraction, Positive, Reference, build as build_member
from genbench.per_image_random import uniform_rows

FAMILY = "autoencoder"

Kind = Literal["masking", "salt_and_pepper"]


class DenoisingAutoencoder(Model):
    """`decoder(encoder(x̃))` are the means of P(x|x̃) in [-1, 1], 2 p − 1; `levels` is learnt in `setup`."""

    levels: Tensor

    def __init__(
        self, shape: Shape, decoder: nn.Module, encoder: nn.Module, kind: Kind, corruption: float, lr: float
    ) -> None:
        super().__init__(shape)
        self.decoder, self.encoder = decoder, encoder
        self.kind, self.corruption, self._lr = kind, corruption, lr
        self.register_buffer("levels", torch.tensor(256))

    def groups(self) -> dict[str, ParameterGroup]:
        return {"autoencoder": ParameterGroup(list(self.parameters()), self._lr)}

    def setup(self, data: Data, rng: torch.Generator) -> None:
        self.levels.fill_(data.levels)

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        means = self.restore(self.corrupt(images, rng))
        nats = log_binomial(level_of(images, self.levels), means, self.levels).flatten(1).sum(1)
        yield Update("autoencoder", -nats.mean())

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        self.restore(self.corrupt(batch.images, rng))

    def corrupt(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """Draw x̃ of images (B, C, H, W)."""
        uniform = uniform_rows(*images.shape, rng=rng).to(images.device)
        changed = images.masked_fill(uniform < self.corruption, -1)
        if self.kind == "masking":
            return changed
        return changed.masked_fill(uniform < self.corruption / 2, 1)

    def restore(self, corrupted: Tensor) -> Tensor:
        """Return the means of P(x|x̃), (B, C, H, W) in [-1, 1]."""
        means: Tensor = self.decoder(self.encoder(corrupted))
        return means

    def walk(self, images: Tensor, steps: int, rng: torch.Generator) -> Tensor:
        """Take `steps` steps of the chain from images on the grey levels."""
        trials = (self.levels.cpu() - 1).float().expand(images.shape)
        for _ in range(steps):
            share = 0.5 + 0.5 * CERTAIN * self.restore(self.corrupt(images, rng))
            images = value_of(torch.binomial(trials, share.float().cpu(), generator=rng).to(images), self.levels)
        return images

    def sample(self, n: int, *, rng: torch.Generator, steps: Count = 100) -> Tensor:
        """Take `steps` steps of the chain; return the means of the last."""
        uniform = torch.rand(n, *self.shape, generator=rng).to(self.levels.device)
        start = value_of((uniform * self.levels).floor().minimum(self.levels - 1), self.levels)
        return self.restore(self.corrupt(self.walk(start, steps - 1, rng), rng))


def build(
    shape: Shape,
    *,
    network: Reference,
    latent: Count,
    kind: Kind = "salt_and_pepper",
    corruption: Fraction,
    lr: Positive,
) -> DenoisingAutoencoder:
    """Build an autoencoder of `latent` numbers an image; `corruption` is the share of the numbers that change."""
    if not corruption:
        raise InputError(
            "denoising_autoencoder: corruption: expected more than 0, for the chain would never move, got 0"
        )
    decoder, encoder = build_member("networks", network, shape, latent, latent)
    return DenoisingAutoencoder(shape, decoder, encoder, kind, corruption, lr)

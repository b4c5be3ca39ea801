"""Decoders as the studies see them: log P(x|z) of an image on the grey levels given its code, and images drawn so.

A VAE says how its decoder is observed. The generator of a GAN makes one image of a code, and any other image has the
probability 0; here its images are seen through Gaussian noise of a stated standard deviation, as by Wu, Burda,
Salakhutdinov, Grosse (2017), and a likelihood is one of both together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.models.bases.grey_levels import CERTAIN, log_binomial, log_gaussian
from genbench.models.bases.likelihood import level_of
from genbench.models.gan import GAN


class Decoder(Protocol):
    """Decoder of codes (B, latent) of N(0, I) to means in [-1, 1], (B, C, H, W), with Gaussian or binomial levels."""

    @property
    def shape(self) -> Shape: ...

    @property
    def latent(self) -> int: ...

    @property
    def levels(self) -> Tensor: ...

    @property
    def noise(self) -> float | None:
        """Standard deviation of Gaussian noise, None for binomial levels."""
        ...

    def decode(self, codes: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class ObservedGAN:
    """A GAN's generator, seen through Gaussian noise, on the grey levels of the dataset."""

    gan: GAN
    noise: float
    levels: Tensor

    @property
    def shape(self) -> Shape:
        return self.gan.shape

    @property
    def latent(self) -> int:
        return self.gan.latent

    def decode(self, codes: Tensor) -> Tensor:
        images: Tensor = self.gan.generator(codes)
        return images


def log_given(model: Decoder, index: Tensor, codes: Tensor) -> Tensor:
    """Compute log P(x|z) in nats, (...), of grey levels `index` (..., C, H, W) given a code (..., latent) of each."""
    decoded = model.decode(codes.flatten(0, -2)).view(*codes.shape[:-1], *model.shape)
    if model.noise is None:
        return log_binomial(index, decoded, model.levels).flatten(-3).sum(-1)
    return log_gaussian(index, decoded, model.noise, model.levels).flatten(-3).sum(-1)


@torch.no_grad()
def draw(model: Decoder, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw n images with their codes: grey levels (n, C, H, W), int64, and codes (n, latent)."""
    codes = torch.randn(n, model.latent, generator=rng)
    means = model.decode(codes)
    if model.noise is not None:
        noisy = means + model.noise * torch.randn(means.shape, generator=rng)
        return level_of(noisy, model.levels), codes
    trials = (model.levels - 1).float().expand(means.shape)
    return torch.binomial(trials, 0.5 + 0.5 * CERTAIN * means, generator=rng).long(), codes

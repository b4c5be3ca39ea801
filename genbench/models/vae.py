"""The variational autoencoder: Kingma and Welling (2014); Rezende, Mohamed, Wierstra (2014).

Maximises the evidence lower bound  E_{q(z|x)} log p(x|z) − KL(q(z|x) ‖ N(0, I)),  q(z|x) = N(m(x), diag s²(x)),
p(x|z) = N(decoder(z), noise² I) with a fixed `noise`: the KL term is then weighed as the density asks, not by taste.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from genbench.latent import normal
from genbench.model import Batch, Model, Player, Shape, Turn
from genbench.options import Count, Positive, Reference, build as build_member


class VAE(Model):
    """A Gaussian encoder and a Gaussian decoder of fixed noise."""

    def __init__(
        self, shape: Shape, decoder: nn.Module, encoder: nn.Module, latent: int, noise: float, lr: float
    ) -> None:
        super().__init__(shape)
        self.decoder, self.encoder = decoder, encoder
        self.latent, self.noise, self._lr = latent, noise, lr

    def players(self) -> dict[str, Player]:
        return {"autoencoder": Player(list(self.parameters()), self._lr)}

    def turns(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Turn]:
        images = next(batches).images
        mean, log_sd = self.encoder(images).chunk(2, dim=1)
        noise = torch.randn(mean.shape, generator=rng).to(mean.device)
        decoded = self.decoder(mean + log_sd.exp() * noise)
        error = (images - decoded).square().flatten(1).sum(1) / (2 * self.noise**2)
        yield Turn("autoencoder", (error + gaussian_kl(mean, log_sd)).mean())

    def sample(self, n: int, *, rng: torch.Generator, psi: Positive | None = None) -> Tensor:
        """The decoder's means at codes from the prior; `psi` truncates the codes (:mod:`genbench.latent`)."""
        codes = normal(n, self.latent, rng=rng, psi=psi)
        images: Tensor = self.decoder(codes.to(next(self.parameters()).device))
        return images


def gaussian_kl(mean: Tensor, log_sd: Tensor) -> Tensor:
    """KL(N(mean, diag sd²) ‖ N(0, I)) in nats, (B,) from two (B, latent): ½ Σ (mean² + sd² − 1) − Σ log sd."""
    return (0.5 * (mean.square() + (2 * log_sd).exp() - 1) - log_sd).sum(1)


def build(shape: Shape, *, network: Reference, latent: Count, noise: Positive, lr: Positive) -> VAE:
    """A VAE; `noise` is the decoder's standard deviation on the scale where pixels span [-1, 1]."""
    decoder, encoder = build_member("networks", network, shape, latent, 2 * latent)
    return VAE(shape, decoder, encoder, latent, noise, lr)

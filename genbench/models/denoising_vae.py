"""The denoising variational autoencoder, whose inference is regularised: Shu, Bui, Zhao, Kochenderfer, Ermon (2018).

An encoder that is fitted to few images gives codes that suit those images alone. Here it sees images with noise, and
the bound is of the images without:

    E_ε [ E_{q(z|x + ε)} log p(x|z) − KL(q(z|x + ε) ‖ N(0, I)) ],   ε ~ N(0, input_noise² I).

Its difference from the log likelihood, E_ε KL(q(z|x + ε) ‖ p(z|x)), is that of the paper: the posteriors of images near
each other are drawn together, and the decoder is trained under such posteriors. For a linear encoder and decoder it is
a penalty on the squares of the encoder's weights and of their product with the decoder's.

After training the encoder sees the image itself. All else, likelihood and samples too, is :mod:`genbench.models.vae`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.engine.learner import Batch, Update
from genbench.models.bases.monte_carlo_vae import require_decoder
from genbench.models.vae import VAE, gaussian_kl
from genbench.options import Count, Positive, Reference, build as build_member
from genbench.per_image_random import normal_rows

FAMILY = "autoencoder"


class DenoisingVAE(VAE):
    """A VAE whose encoder sees images with noise in training; `input_noise` is its standard deviation."""

    def __init__(
        self,
        shape: Shape,
        decoder: nn.Module,
        encoder: nn.Module,
        latent: int,
        noise: float | None,
        lr: float,
        *,
        input_noise: float,
    ) -> None:
        super().__init__(shape, decoder, encoder, latent, noise, lr)
        self.input_noise = input_noise

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        mean, log_sd = self._encode_noisy(images, rng)
        codes = mean + log_sd.exp() * normal_rows(*mean.shape, rng=rng).to(mean.device)
        yield Update("autoencoder", (self._error(images, self.decoder(codes)) + gaussian_kl(mean, log_sd)).mean())

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        mean, log_sd = self._encode_noisy(batch.images, rng)
        self.decoder(mean + log_sd.exp() * normal_rows(*mean.shape, rng=rng).to(mean.device))

    def _encode_noisy(self, images: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        noisy = images + self.input_noise * normal_rows(*images.shape, rng=rng).to(images.device)
        mean, log_sd = self.encoder(noisy).chunk(2, dim=1)
        return mean, log_sd


def build(
    shape: Shape,
    *,
    network: Reference,
    latent: Count,
    decoder: Literal["gaussian", "binomial"] = "gaussian",
    noise: Positive | None = None,
    input_noise: Positive,
    lr: Positive,
) -> DenoisingVAE:
    """Build a VAE whose encoder sees noise of standard deviation `input_noise`, where pixels span [-1, 1].

    The other options are those of vae.
    """
    require_decoder("denoising_vae", decoder, noise)
    generator, encoder = build_member("networks", network, shape, latent, 2 * latent)
    return DenoisingVAE(shape, generator, encoder, latent, noise, lr, input_noise=input_noise)

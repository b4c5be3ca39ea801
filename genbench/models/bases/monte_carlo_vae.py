"""Base of autoencoders whose divergence of q(z|x) from the prior has no closed form: it is estimated at drawn codes.

From k codes of each image, by codes as :class:`genbench.models.vae.VAE` has them, training maximises

    E log 1/k Σ_i p(x|z_i) p(z_i) / q(z_i|x),

which for k = 1 is the evidence lower bound, and the likelihood is that bound with the draws that are asked for. A
relative says what its prior or its posterior is; here both are the plain autoencoder's.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from genbench.engine.learner import Batch, Update
from genbench.errors import InputError
from genbench.models.bases.flow import standard_normal
from genbench.models.bases.likelihood import Likelihood, level_of
from genbench.models.vae import VAE, importance_bound
from genbench.per_image_random import normal_rows


class MonteCarloVAE(VAE):
    """A VAE with a prior and a posterior of any density; beta, mmd and learn_noise are not options of it."""

    def posterior(self, encoded: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Return codes of q(z|x), (B, latent), made from standard normal noise (B, latent), and log q there, (B,).

        encoded: what the encoder gives of the images, (B, numbers).
        """
        mean, log_sd = encoded.chunk(2, dim=1)
        return mean + log_sd.exp() * noise, standard_normal(noise) - log_sd.sum(1)

    def log_prior(self, codes: Tensor) -> Tensor:
        """Return log p of codes (B, latent), (B,)."""
        return standard_normal(codes)

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        noise = normal_rows(len(images), self.draws, self.latent, rng=rng).transpose(0, 1).to(images.device)
        codes, log_q = self.posterior(self.encoder(images).repeat(self.draws, 1), noise.flatten(0, 1))
        logs = -self._error(images.repeat(self.draws, 1, 1, 1), self.decoder(codes)) + self.log_prior(codes) - log_q
        yield Update("autoencoder", -importance_bound(logs.view(self.draws, -1)).mean())

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        noise = normal_rows(len(batch.images), self.latent, rng=rng).to(batch.images.device)
        self.decoder(self.posterior(self.encoder(batch.images), noise)[0])

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        encoded, index, weights = self.encoder(images), level_of(images, self.levels), []
        for _ in range(draws):  # one by one, so that memory does not grow with them
            noise = normal_rows(len(images), self.latent, rng=rng).to(images.device)
            codes, log_q = self.posterior(encoded, noise)
            weights.append(self._log_probability(index, self.decoder(codes)) + self.log_prior(codes) - log_q)
        method = "ELBO" if draws == 1 else f"IWAE, {draws} draws"
        return Likelihood(importance_bound(torch.stack(weights)), "lower bound", method)


def require_decoder(model: str, decoder: str, noise: float | None) -> None:
    """Refuse a Gaussian decoder without a standard deviation, and a binomial one with it."""
    if decoder == "gaussian" and noise is None:
        raise InputError(f"{model}: noise: missing; a gaussian decoder has a standard deviation")
    if decoder == "binomial" and noise is not None:
        raise InputError(
            f"{model}: noise: expected none beside decoder: binomial, which has no other spread, got {noise}"
        )

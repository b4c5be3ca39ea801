"""The variational autoencoder: Kingma and Welling (2014); Rezende, Mohamed, Wierstra (2014). And its relatives.

Maximises the evidence lower bound  E_{q(z|x)} log p(x|z) − KL(q(z|x) ‖ N(0, I)),  q(z|x) = N(m(x), diag s²(x)).
The decoder is one of two, with values in [-1, 1] as its mean:

    gaussian   p(x|z) = N(decoder(z), noise² I): the KL term is weighed as the density asks, not by taste. `noise` is
               fixed, or with `learn_noise` a parameter that starts there (σ-VAE: Rybkin, Daniilidis, Levine 2021),
               whose best value is the root of the mean squared error of a pixel;
    binomial   each of the L grey levels k has Binomial(k; L − 1, (1 + decoder(z)) / 2): the Bernoulli decoder that is
               common for grey values in [0, 1], made a probability of the L levels. For two levels it is Bernoulli.

Relatives, each an option:

    beta    weighs the KL term (β-VAE: Higgins et al. 2017);
    draws   maximises the bound of k importance-weighted codes, E log 1/k Σ p(x, z_i) / q(z_i|x) (IWAE: Burda, Grosse,
            Salakhutdinov 2016, equation 8);
    mmd     adds this many times the squared maximum mean discrepancy of the codes of a batch from as many of the
            prior (InfoVAE: Zhao, Song, Ermon 2017, equation 6, where mmd = α + λ − 1 and beta = 1 − α).

The likelihood is a lower bound, that of Burda et al. with the number of draws that is asked for. There the Gaussian
decoder gives a grey level the mass of its bin (:mod:`genbench.models.bases.grey_levels`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models.bases.codes import normal
from genbench.models.bases.grey_levels import log_binomial, log_gaussian
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of
from genbench.options import Count, Flag, NonNegative, Positive, Reference, build as build_member
from genbench.per_image_random import normal_rows

FAMILY = "autoencoder"


class VAE(LikelihoodModel):
    """A Gaussian encoder, and a decoder that is Gaussian of one noise, or binomial where `noise` is None."""

    log_noise: Tensor | None

    def __init__(
        self,
        shape: Shape,
        decoder: nn.Module,
        encoder: nn.Module,
        latent: int,
        noise: float | None,
        lr: float,
        *,
        beta: float = 1.0,
        draws: int = 1,
        mmd: float = 0.0,
        learn_noise: bool = False,
    ) -> None:
        super().__init__(shape)
        self.decoder, self.encoder = decoder, encoder
        self.latent, self._fixed, self._lr = latent, noise, lr
        learnt = nn.Parameter(torch.tensor(math.log(noise))) if learn_noise and noise is not None else None
        self.register_parameter("log_noise", learnt)
        self.beta, self.draws, self.mmd = beta, draws, mmd

    @property
    def noise(self) -> float | None:
        """Standard deviation of the Gaussian decoder, None for a binomial one."""
        return self._fixed if self.log_noise is None else math.exp(self.log_noise.item())

    def groups(self) -> dict[str, ParameterGroup]:
        return {"autoencoder": ParameterGroup(list(self.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        mean, log_sd = self.encoder(images).chunk(2, dim=1)
        if self.draws > 1:
            noise = normal_rows(len(mean), self.draws, self.latent, rng=rng).transpose(0, 1).to(mean.device)
            yield Update("autoencoder", -importance_bound(self._log_weights(images, mean, log_sd, noise)).mean())
            return
        noise = normal_rows(*mean.shape, rng=rng).to(mean.device)
        codes = mean + log_sd.exp() * noise
        loss = (self._error(images, self.decoder(codes)) + self.beta * gaussian_kl(mean, log_sd)).mean()
        if self.mmd:
            loss = loss + self.mmd * code_mmd(codes, normal_rows(*codes.shape, rng=rng).to(codes.device))
        yield Update("autoencoder", loss)

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        mean, log_sd = self.encoder(batch.images).chunk(2, dim=1)
        self.decoder(mean + log_sd.exp() * normal_rows(*mean.shape, rng=rng).to(mean.device))

    def whole_batch(self) -> str:
        return "mmd compares the codes of a batch with each other" if self.mmd else ""

    def _error(self, images: Tensor, decoded: Tensor) -> Tensor:
        """Return −log p(x|z), for the Gaussian the density's and less its constant, (B,) in nats."""
        if self._fixed is None:
            return -log_binomial(level_of(images, self.levels), decoded, self.levels).flatten(1).sum(1)
        squares = (images - decoded).square().flatten(1).sum(1)
        if self.log_noise is None:
            return squares / (2 * self._fixed**2)
        return squares / 2 * (-2 * self.log_noise).exp() + math.prod(self.shape) * self.log_noise

    def _log_weights(self, images: Tensor, mean: Tensor, log_sd: Tensor, noise: Tensor) -> Tensor:
        """Return log p(x|z) p(z) / q(z|x) at codes mean + sd · noise, (k, B), with the loss's p(x|z).

        noise: (k, B, latent).
        """
        codes = mean + log_sd.exp() * noise
        decoded = self.decoder(codes.flatten(0, 1))
        error = self._error(images.repeat(len(noise), 1, 1, 1), decoded).view(noise.shape[:2])
        return log_prior_ratio(codes, log_sd, noise) - error

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        mean, log_sd = self.encoder(images).chunk(2, dim=1)
        index, weights = level_of(images, self.levels), []
        for _ in range(draws):  # one by one, so that memory does not grow with them
            noise = normal_rows(*mean.shape, rng=rng).to(mean.device)
            codes = mean + log_sd.exp() * noise
            logs = self._log_probability(index, self.decoder(codes))
            weights.append(logs + log_prior_ratio(codes, log_sd, noise))
        method = "ELBO" if draws == 1 else f"IWAE, {draws} draws"
        return Likelihood(importance_bound(torch.stack(weights)), "lower bound", method)

    def _log_probability(self, index: Tensor, decoded: Tensor) -> Tensor:
        """Return log P of the images' grey levels given their codes, (B,) in nats."""
        noise = self.noise
        if noise is None:
            return log_binomial(index, decoded, self.levels).flatten(1).sum(1)
        return log_gaussian(index, decoded, noise, self.levels).flatten(1).sum(1)

    def encode(self, images: Tensor) -> Tensor:
        """Return the means of q(z|x), (B, latent)."""
        mean: Tensor = self.encoder(images).chunk(2, dim=1)[0]
        return mean

    def decode(self, codes: Tensor) -> Tensor:
        """Return the decoder's means, (B, C, H, W)."""
        images: Tensor = self.decoder(codes)
        return images

    def codes(self, n: int, rng: torch.Generator, psi: float | None) -> Tensor:
        """Draw n codes of the prior, (n, latent)."""
        return normal(n, self.latent, rng=rng, psi=psi).to(next(self.parameters()).device)

    def sample(self, n: int, *, rng: torch.Generator, psi: Positive | None = None) -> Tensor:
        """Return the decoder's means at codes of the prior; `psi` truncates (:mod:`genbench.models.bases.codes`)."""
        return self.decode(self.codes(n, rng, psi))


def gaussian_kl(mean: Tensor, log_sd: Tensor) -> Tensor:
    """Return KL(N(mean, diag sd²) ‖ N(0, I)), ½ Σ (mean² + sd² − 1) − Σ log sd, (B,) in nats from two (B, latent)."""
    return (0.5 * (mean.square() + (2 * log_sd).exp() - 1) - log_sd).sum(1)


def log_prior_ratio(codes: Tensor, log_sd: Tensor, noise: Tensor) -> Tensor:
    """Return log N(z; 0, I) − log N(z; m, s²) at z = m + s · noise, summed over the last axis."""
    return (0.5 * (noise.square() - codes.square()) + log_sd).sum(-1)


def importance_bound(log_weights: Tensor) -> Tensor:
    """Return log 1/k Σ w_i, (k, B) to (B,)."""
    return log_weights.logsumexp(0) - math.log(len(log_weights))


def code_mmd(codes: Tensor, others: Tensor) -> Tensor:
    """Return the squared maximum mean discrepancy of two (B, latent) sets, kernel exp(−‖a − b‖² / 2 latent).

    The unbiased estimate (Gretton et al. 2012, equation 3). The kernel's variance, latent, is half of the mean squared
    distance of two codes of the prior.
    """
    size = len(codes)
    spread = 2 * codes.shape[1]
    cross = torch.exp(-square_distances(codes, others) / spread).mean()
    within = [torch.exp(-square_distances(x, x) / spread).sum() - size for x in (codes, others)]
    return (within[0] + within[1]) / (size * (size - 1)) - 2 * cross


def square_distances(a: Tensor, b: Tensor) -> Tensor:
    """Return ‖a_i − b_j‖², (B, B)."""
    return (a[:, None] - b[None]).square().sum(-1)


def build(
    shape: Shape,
    *,
    network: Reference,
    latent: Count,
    decoder: Literal["gaussian", "binomial"] = "gaussian",
    noise: Positive | None = None,
    learn_noise: Flag = False,
    lr: Positive,
    beta: NonNegative = 1.0,
    draws: Count = 1,
    mmd: NonNegative = 0.0,
) -> VAE:
    """Build a VAE; `noise` is the Gaussian decoder's standard deviation on the scale where pixels span [-1, 1].

    learn_noise: it becomes a parameter. It then falls to the error of the training images: on 897 digits to 0.15 after
    1200 steps, where the bits of other images have risen from 2.36 to 2.87. Choose it for large datasets.
    """
    if decoder == "gaussian" and noise is None:
        raise InputError("vae: noise: missing; a gaussian decoder has a standard deviation")
    if decoder == "binomial" and noise is not None:
        raise InputError(f"vae: noise: expected none beside decoder: binomial, which has no other spread, got {noise}")
    if learn_noise and noise is None:
        raise InputError("vae: learn_noise: expected false beside decoder: binomial, which has no noise, got true")
    if draws > 1 and (beta != 1 or mmd):
        raise InputError(f"vae: draws: expected 1 beside beta or mmd, which change another bound, got {draws}")
    generator, critic = build_member("networks", network, shape, latent, 2 * latent)
    return VAE(shape, generator, critic, latent, noise, lr, beta=beta, draws=draws, mmd=mmd, learn_noise=learn_noise)

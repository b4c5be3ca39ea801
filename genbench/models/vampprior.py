"""The VampPrior: a variational autoencoder whose prior is a mixture of its own posteriors (Tomczak and Welling 2018).

The prior that makes the evidence lower bound largest is the mean of q(z|x) over the training images. In place of all of
these there are K pseudo-inputs u_k, images that are learnt with the networks (their section 3):

    p(z) = 1/K Σ_k q(z|u_k).

All else is :mod:`genbench.models.vae`. The divergence of q(z|x) from this prior has no closed form and is estimated at
the codes that are drawn (:mod:`genbench.models.bases.monte_carlo_vae`). Pseudo-inputs start at training images drawn
without replacement, and stay images: after each step they are brought back into [-1, 1].
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Data, Facts
from genbench.errors import InputError
from genbench.models.bases.codes import normal
from genbench.models.bases.flow import standard_normal
from genbench.models.bases.monte_carlo_vae import MonteCarloVAE, require_decoder
from genbench.networks import across_batch
from genbench.options import Count, Positive, Reference, build as build_member

FAMILY = "autoencoder"


class VampPrior(MonteCarloVAE):
    """A VAE with `pseudo_inputs` (K, C, H, W), of whose codes the prior is a mixture."""

    def __init__(
        self,
        shape: Shape,
        decoder: nn.Module,
        encoder: nn.Module,
        latent: int,
        noise: float | None,
        lr: float,
        *,
        pseudo_inputs: int,
        draws: int = 1,
    ) -> None:
        super().__init__(shape, decoder, encoder, latent, noise, lr, draws=draws)
        self.pseudo_inputs = nn.Parameter(torch.zeros(pseudo_inputs, *shape))

    def refuse(self, facts: Facts) -> None:
        wanted = len(self.pseudo_inputs)
        if facts.images is not None and facts.images < wanted:
            raise InputError(
                f"vampprior: pseudo_inputs: expected at most the {facts.images} training images, got {wanted}"
            )

    @torch.no_grad()
    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        start = torch.randperm(len(data.train), generator=rng)[: len(self.pseudo_inputs)].sort().values.numpy()
        self.pseudo_inputs.copy_(scale(torch.tensor(data.train.pixels[start])))

    @torch.no_grad()
    def after_update(self, group: str, step: int) -> None:
        self.pseudo_inputs.clamp_(-1, 1)

    def components(self) -> tuple[Tensor, Tensor]:
        """Return means and logarithms of the standard deviations of the prior's components, (K, latent) each."""
        mean, log_sd = self.encoder(self.pseudo_inputs).chunk(2, dim=1)
        return mean, log_sd

    def log_prior(self, codes: Tensor) -> Tensor:
        mean, log_sd = self.components()
        away = (codes[:, None] - mean) * (-log_sd).exp()
        logs = standard_normal(away.flatten(0, 1)).view(len(codes), -1) - log_sd.sum(1)
        return logs.logsumexp(1) - math.log(len(mean))

    def codes(self, n: int, rng: torch.Generator, psi: float | None) -> Tensor:
        """Draw n codes of the prior, (n, latent); `psi` truncates the noise within a component."""
        mean, log_sd = self.components()
        chosen = torch.randint(len(mean), (n,), generator=rng).to(mean.device)
        noise = normal(n, self.latent, rng=rng, psi=psi).to(mean.device)
        return mean[chosen] + log_sd[chosen].exp() * noise


def build(
    shape: Shape,
    *,
    network: Reference,
    latent: Count,
    pseudo_inputs: Count,
    decoder: Literal["gaussian", "binomial"] = "gaussian",
    noise: Positive | None = None,
    draws: Count = 1,
    lr: Positive,
) -> VampPrior:
    """Build a VAE with a prior of `pseudo_inputs` components; the other options are those of vae."""
    require_decoder("vampprior", decoder, noise)
    generator, encoder = build_member("networks", network, shape, latent, 2 * latent)
    if across_batch(encoder):
        raise InputError(
            "vampprior: network: expected an encoder without batch normalisation, for it encodes two kinds"
        )
    return VampPrior(shape, generator, encoder, latent, noise, lr, pseudo_inputs=pseudo_inputs, draws=draws)

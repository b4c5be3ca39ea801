"""A variational autoencoder with an inverse autoregressive flow as its posterior: Kingma et al. (2016).

A code of the plain posterior, z₀ = m(x) + s(x) ε with ε standard normal, goes through T steps (their section 4)

    z_t = μ_t + σ_t ⊙ z_{t−1},    log q(z_T|x) = log N(ε; 0, I) − Σ log s − Σ_t Σ log σ_t,

where μ_t and log σ_t of a number depend on those of z_{t−1} before it, through masks
(:mod:`genbench.networks.blocks.masked`), and on numbers h(x) that the encoder gives as well, as many as a code has.
The order is turned round after each step. log σ is kept in (−1, 1) by a tanh, where the paper's program has a gate.
Networks of steps start at zero: the posterior is then the plain one. The prior is N(0, I); all else is
:mod:`genbench.models.vae`, with the divergence from the prior estimated at the codes that are drawn
(:mod:`genbench.models.bases.monte_carlo_vae`).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.models.bases.monte_carlo_vae import MonteCarloVAE, require_decoder
from genbench.networks.blocks.masked import Masked
from genbench.options import Count, Positive, Reference, build as build_member

FAMILY = "autoencoder"


class IAFVAE(MonteCarloVAE):
    """`flow`: the steps' networks, from codes and h (B, latent) each to (B, 2, latent), μ and log σ before the tanh.

    The encoder gives 3 · latent numbers: m, log s and h.
    """

    def __init__(
        self,
        shape: Shape,
        decoder: nn.Module,
        encoder: nn.Module,
        latent: int,
        noise: float | None,
        lr: float,
        *,
        flow: list[Masked],
        draws: int = 1,
    ) -> None:
        super().__init__(shape, decoder, encoder, latent, noise, lr, draws=draws)
        self.flow = nn.ModuleList(flow)

    def posterior(self, encoded: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_sd, context = encoded.chunk(3, dim=1)
        codes, log_q = super().posterior(torch.cat([mean, log_sd], dim=1), noise)
        order = torch.arange(self.latent, device=codes.device)
        for step in self.flow:
            shift, log_scale = step(codes, order, context).unbind(1)
            log_scale = log_scale.tanh()
            codes, log_q = shift + log_scale.exp() * codes, log_q - log_scale.sum(1)
            order = order.flip(0)
        return codes, log_q

    def encode(self, images: Tensor) -> Tensor:
        """Return the codes at ε = 0, (B, latent)."""
        encoded = self.encoder(images)
        return self.posterior(encoded, torch.zeros_like(encoded[:, : self.latent]))[0]


def build(
    shape: Shape,
    *,
    network: Reference,
    latent: Count,
    flow_steps: Count,
    flow_width: Count,
    decoder: Literal["gaussian", "binomial"] = "gaussian",
    noise: Positive | None = None,
    draws: Count = 1,
    lr: Positive,
) -> IAFVAE:
    """Build a VAE with `flow_steps` steps of one hidden layer of `flow_width` units; other options are those of vae."""
    require_decoder("iaf_vae", decoder, noise)
    generator, encoder = build_member("networks", network, shape, latent, 3 * latent)
    flow = [Masked(latent, 2, width=flow_width, layers=1, context=latent) for _ in range(flow_steps)]
    for step in flow:
        nn.init.zeros_(step.outward.weight)
        nn.init.zeros_(step.outward.bias)
    return IAFVAE(shape, generator, encoder, latent, noise, lr, flow=flow, draws=draws)

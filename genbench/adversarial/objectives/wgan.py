"""Wasserstein GAN: Arjovsky, Chintala, Bottou (2017).

By Kantorovich-Rubinstein duality W1(P, Q) = sup over 1-Lipschitz v of E_P v − E_Q v. What keeps the critic Lipschitz
is free: `clip` is algorithm 1, each weight clipped to [−clip, clip], which gives K-Lipschitz for some K that depends
on the network, a crude constraint as the paper itself says; a gradient penalty makes it WGAN-GP or WGAN-LP; a
spectrally normalised network needs neither.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from genbench.adversarial.objectives import Objective
from genbench.options import Positive

FAMILY = "WGAN"
EXAMPLES: tuple[dict[str, float], ...] = ({}, {"clip": 0.01})


def clipping(bound: float) -> Callable[[nn.Module], None]:
    """Make a function that clamps each parameter of a network to [−bound, bound], in place."""

    @torch.no_grad()
    def constrain(critic: nn.Module) -> None:
        for parameter in critic.parameters():
            parameter.clamp_(-bound, bound)

    return constrain


def build(*, clip: Positive | None = None) -> Objective:
    """Build the Wasserstein losses; `clip` clamps the critic's parameters to [−clip, clip] after each update."""
    return Objective(
        critic=lambda real, fake: fake.mean() - real.mean(),
        generator=lambda real, fake: -fake.mean(),
        constrain=None if clip is None else clipping(clip),
        lipschitz=True,
    )

"""Wasserstein GAN with weight clipping: Arjovsky, Chintala, Bottou (2017), algorithm 1.

By Kantorovich-Rubinstein duality W1(P, Q) = sup over 1-Lipschitz v of E_P v − E_Q v. Clipping each weight of the
critic to [−clip, clip] keeps it K-Lipschitz for some K that depends on the network: a crude constraint, as the
paper itself says, which wgan_gp replaces.
"""

import torch
from torch import nn

from genbench.objective import Objective
from genbench.options import Positive


def build(*, clip: Positive) -> Objective:
    """The Wasserstein losses; after each update the critic's parameters are clamped to [−clip, clip]."""

    @torch.no_grad()
    def constrain(critic: nn.Module) -> None:
        for parameter in critic.parameters():
            parameter.clamp_(-clip, clip)

    return Objective(
        critic=lambda real, fake: fake.mean() - real.mean(),
        generator=lambda fake: -fake.mean(),
        constrain=constrain,
    )

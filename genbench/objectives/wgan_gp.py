"""Wasserstein GAN with gradient penalty: Gulrajani et al. (2017), equation 3.

The critic's loss is E v(fake) − E v(real) + weight · E (‖∇v(x̂)‖₂ − 1)², x̂ uniform on the segments between pairs of
real and generated images.
"""

import torch
from torch import Tensor, nn

from genbench.objective import Objective
from genbench.options import Positive


def gradient_penalty(critic: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
    """E (‖∇v(x̂)‖₂ − 1)² over one x̂ a pair, a scalar that can be differentiated."""
    mix = torch.rand(len(real), generator=rng).to(real.device).view(-1, *(1,) * (real.dim() - 1))
    between = torch.lerp(fake.detach(), real, mix).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def build(*, weight: Positive) -> Objective:
    """The Wasserstein losses with a gradient penalty of the given weight (the paper's λ, 10 there)."""
    return Objective(
        critic=lambda real, fake: fake.mean() - real.mean(),
        generator=lambda fake: -fake.mean(),
        penalty=lambda critic, real, fake, rng: weight * gradient_penalty(critic, real, fake, rng),
    )

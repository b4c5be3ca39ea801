"""A generative adversarial network under any objective: Goodfellow et al. (2014), algorithm 1, generalised.

One step is `critic_steps` updates of the critic, each on fresh real and generated batches, then one of the
generator. The generator's pass of the last critic update is used again for its own update, which saves a pass and
changes nothing: its parameters are the same in both.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from genbench.model import Batch, Model, Optimiser, Player, Shape, Turn
from genbench.objective import Objective
from genbench.options import Betas, Count, Positive, Reference, build as build_member


class GAN(Model):
    """A generator and a critic playing an objective."""

    def __init__(
        self,
        shape: Shape,
        networks: tuple[nn.Module, nn.Module],
        objective: Objective,
        latent: int,
        critic_steps: int,
        rates: tuple[float, float],
        betas: tuple[float, float],
        optimiser: Optimiser,
    ) -> None:
        super().__init__(shape)
        self.generator, self.critic = networks
        self.objective, self.latent, self.critic_steps = objective, latent, critic_steps
        self._rates, self._betas, self._optimiser = rates, betas, optimiser

    def players(self) -> dict[str, Player]:
        return {
            name: Player(list(network.parameters()), rate, self._betas, self._optimiser)
            for name, network, rate in zip(
                ("generator", "critic"), (self.generator, self.critic), self._rates, strict=True
            )
        }

    def turns(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Turn]:
        for last in [False] * (self.critic_steps - 1) + [True]:
            real = next(batches).images
            with torch.set_grad_enabled(last):
                fake = self.generate(len(real), rng)
            yield Turn("critic", self._critic_loss(real, fake.detach(), rng))
        yield Turn("generator", self.objective.generator(self.critic(fake).squeeze(1)))

    def _critic_loss(self, real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
        loss = self.objective.critic(self.critic(real).squeeze(1), self.critic(fake).squeeze(1))
        if self.objective.penalty is not None:
            loss = loss + self.objective.penalty(self.critic, real, fake, rng)
        return loss

    def after(self, player: str, step: int) -> None:
        if player == "critic" and self.objective.constrain is not None:
            self.objective.constrain(self.critic)

    def generate(self, n: int, rng: torch.Generator) -> Tensor:
        """n images from fresh standard normal codes, (n, C, H, W) in [-1, 1]."""
        codes = torch.randn(n, self.latent, generator=rng)
        images: Tensor = self.generator(codes.to(next(self.generator.parameters()).device))
        return images

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        return self.generate(n, rng)


def build(
    shape: Shape,
    *,
    objective: Reference,
    network: Reference,
    latent: Count,
    critic_steps: Count,
    lr: Positive,
    critic_lr: Positive | None = None,
    betas: Betas,
    optimiser: Optimiser = "adam",
) -> GAN:
    """A GAN: `lr` is the generator's rate, and the critic's too unless `critic_lr` is given (Heusel et al. 2017)."""
    return GAN(
        shape,
        build_member("networks", network, shape, latent, 1),
        build_member("objectives", objective),
        latent,
        critic_steps,
        (lr, lr if critic_lr is None else critic_lr),
        betas,
        optimiser,
    )

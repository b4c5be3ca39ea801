"""Contract of tricks of adversarial training: a few hooks into a GAN's step, each of which may be left alone.

A module genbench/adversarial/tricks/<name>.py has `build(**options) -> Trick`, and EXAMPLES, a tuple of options to try,
where an option has no default. A trick is a module: what it must remember stands in registered buffers, and so in
checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

import torch
from pydantic import Field, Strict
from torch import Tensor, nn

from genbench.networks import Critic

#: What a critic minimises on the current real images and these generated ones, a scalar.
CriticLoss = Callable[[Critic, Tensor], Tensor]
Probability = Annotated[float, Strict(), Field(ge=0, le=1)]


class Trick(nn.Module):
    """One trick; every hook of this base does nothing."""

    #: What the trick does with a batch that is no mean over its images, "" if nothing.
    whole_batch = ""

    def networks(self, generator: nn.Module, critic: Critic, latent: int) -> tuple[nn.Module, Critic]:
        """Return the networks as the trick wants them, when the model is built; `latent` is the size of a code."""
        del latent
        return generator, critic

    def attach(self, generator: nn.Module, critic: Critic) -> None:
        """Prepare for networks that are final, when the model is built."""
        del generator, critic

    def setup(self, generator: nn.Module, rng: torch.Generator) -> None:
        """Prepare for the first step, once."""
        del generator, rng

    def codes(self, codes: Tensor, rng: torch.Generator) -> Tensor:
        """Return what the generator is given instead of drawn codes (B, latent), in training and in sampling."""
        del rng
        return codes

    def seen(self, images: Tensor, rng: torch.Generator, step: int) -> Tensor:
        """Return what the critic is shown instead of real or generated images (B, C, H, W)."""
        del rng, step
        return images

    def of_critic(self, real: Tensor, fake: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return what an update of the critic takes for real and for generated images, (B, C, H, W) each."""
        del rng
        return real, fake

    def opponent(self, critic: Critic, fake: Tensor, loss: CriticLoss) -> tuple[Critic, Tensor | float]:
        """Return the critic that the generator's update faces, and what it adds to the generator's loss, a scalar."""
        del fake, loss
        return critic, 0.0

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor | None:
        """Compute the generator's loss instead of the objective's, a scalar; None keeps that."""
        del critic, real, fake
        return None

    def addition(self, group: str, network: nn.Module) -> Tensor | float:
        """Compute what is added to the loss of "generator" or "critic", a scalar."""
        del group, network
        return 0.0

    def after_update(self, group: str, network: nn.Module) -> None:
        """Act after each update of "generator" or "critic"."""
        del group, network


class Tricks(Trick):
    """Several tricks as one."""

    def __init__(self, tricks: Iterable[Trick]) -> None:
        super().__init__()
        self._all = list(tricks)
        for index, trick in enumerate(self._all):
            self.add_module(str(index), trick)
        self.whole_batch = ", ".join(trick.whole_batch for trick in self._all if trick.whole_batch)

    #: What the trick does with a batch that is no mean over its images, "" if nothing.
    whole_batch = ""

    def networks(self, generator: nn.Module, critic: Critic, latent: int) -> tuple[nn.Module, Critic]:
        for trick in self._all:
            generator, critic = trick.networks(generator, critic, latent)
        return generator, critic

    def attach(self, generator: nn.Module, critic: Critic) -> None:
        for trick in self._all:
            trick.attach(generator, critic)

    def setup(self, generator: nn.Module, rng: torch.Generator) -> None:
        for trick in self._all:
            trick.setup(generator, rng)

    def codes(self, codes: Tensor, rng: torch.Generator) -> Tensor:
        for trick in self._all:
            codes = trick.codes(codes, rng)
        return codes

    def seen(self, images: Tensor, rng: torch.Generator, step: int) -> Tensor:
        for trick in self._all:
            images = trick.seen(images, rng, step)
        return images

    def of_critic(self, real: Tensor, fake: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        for trick in self._all:
            real, fake = trick.of_critic(real, fake, rng)
        return real, fake

    def opponent(self, critic: Critic, fake: Tensor, loss: CriticLoss) -> tuple[Critic, Tensor | float]:
        total: Tensor | float = 0.0
        for trick in self._all:
            critic, added = trick.opponent(critic, fake, loss)
            total = total + added
        return critic, total

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor | None:
        losses = [trick.generator_loss(critic, real, fake) for trick in self._all]  # all: one may only look
        return next((loss for loss in losses if loss is not None), None)

    def addition(self, group: str, network: nn.Module) -> Tensor | float:
        return sum((trick.addition(group, network) for trick in self._all), start=0.0)

    def after_update(self, group: str, network: nn.Module) -> None:
        for trick in self._all:
            trick.after_update(group, network)

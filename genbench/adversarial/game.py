"""An adversarial game: an objective, and penalties on the critic's slope, played on images.

Critic: the objective's loss + Σ over penalties of weight · E φ(∇v(x)). Generator: the objective's loss. Where a
penalty is taken at the very images that the loss was, as R1 and R2 are, that pass of the critic serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from genbench.adversarial.objectives import Objective
from genbench.adversarial.penalties import Penalty
from genbench.errors import InputError
from genbench.networks import across_batch, is_spectral
from genbench.options import build as build_member, name_of

#: From images (B, C, H, W) to raw outputs (B, 1).
Judge = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Game:
    """The losses of both players; images are (B, C, H, W), of any meaning that the critic gives them."""

    objective: Objective
    penalties: tuple[Penalty, ...] = ()

    def critic_loss(self, critic: Judge, real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
        """What the critic minimises, a scalar. Generated images are taken as they come: detach them for its update."""
        if self.penalties:
            real, fake = _tracked(real), _tracked(fake)
        on_real, on_fake = critic(real).squeeze(1), critic(fake).squeeze(1)
        loss = self.objective.critic(on_real, on_fake)
        for penalty in self.penalties:
            points = _tracked(penalty.where(real, fake, rng))
            outputs = on_real if points is real else on_fake if points is fake else critic(points)
            (gradients,) = torch.autograd.grad(outputs.sum(), points, create_graph=True)
            loss = loss + penalty.weight * penalty.of(gradients.flatten(1)).mean()
        return loss

    def generator_loss(self, critic: Judge, real: Tensor, fake: Tensor) -> Tensor:
        """What the generator minimises, a scalar."""
        on_fake = critic(fake).squeeze(1)
        with torch.no_grad():
            on_real = critic(real).squeeze(1) if self.objective.paired else on_fake.new_empty(0)
        return self.objective.generator(on_real, on_fake)

    def constrain(self, critic: nn.Module) -> None:
        """What the objective does to the critic after each of its updates."""
        if self.objective.constrain is not None:
            self.objective.constrain(critic)


def _tracked(images: Tensor) -> Tensor:
    return images if images.requires_grad else images.detach().requires_grad_()


def build(objective: str | dict[str, Any], penalties: Sequence[str | dict[str, Any]], critic: nn.Module) -> Game:
    """The game of an objective and penalties by name; what does not go together, or with `critic`, is an InputError."""
    names = [name_of(penalty) for penalty in penalties]
    game = Game(
        build_member("objectives", objective),
        tuple(
            build_member("penalties", penalty, key=f"penalties.{name}")
            for name, penalty in zip(names, penalties, strict=True)
        ),
    )
    if reason := _conflict(game, names, critic):
        raise InputError(f"objective {name_of(objective)}: {reason}")
    return game


def _conflict(game: Game, names: list[str], critic: nn.Module) -> str:
    """Why these parts make no game, "" if they do."""
    listed, clips = ", ".join(names), game.objective.constrain is not None
    if len(set(names)) < len(names):
        return f"penalties: expected each once, got {listed}"
    if names and across_batch(critic):
        return (
            f"penalties: {listed}: a slope at one image means nothing to a critic that mixes the images of a batch "
            "(batch normalisation, minibatch discrimination)"
        )
    if clips and names:
        return f"penalties: {listed}: clip already bounds the critic's slope; take one of the two"
    if clips and is_spectral(critic):
        return "clip: does nothing to a spectrally normalised critic, whose weights are rescaled; take one of the two"
    if game.objective.lipschitz and not (clips or names or is_spectral(critic)):
        return "its loss has no bound unless the critic's slope has: give clip, a penalty or a spectral network"
    return ""

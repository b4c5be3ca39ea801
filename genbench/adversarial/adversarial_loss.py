"""The loss of an adversarial game: an objective, and penalties on the critic's slope.

Critic: the objective's loss + Σ over penalties of weight · E φ(∇v(x)). Generator: the objective's loss. Where a
penalty is taken at the very images that the loss was, as R1 and R2 are, that pass of the critic serves both. A lazy
penalty is in every k-th step alone, with k times its weight (Karras et al. 2020, StyleGAN2, section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from genbench.adversarial.objectives import Objective
from genbench.adversarial.penalties import Penalty
from genbench.errors import InputError
from genbench.networks import across_batch, is_spectral
from genbench.options import Reference, build as build_member, name_of

#: A function from images (B, C, H, W) to raw outputs (B, 1).
CriticFunction = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class AdversarialLoss:
    """Losses of critic and generator; images are (B, C, H, W), of any meaning that the critic gives them."""

    objective: Objective
    penalties: tuple[Penalty, ...] = ()

    def at(self, step: int) -> AdversarialLoss:
        """Return the loss of a step: penalties with their weights, lazy ones if due, weighted for the steps without."""
        due = (penalty for penalty in self.penalties if is_due(step, penalty.every))
        return replace(self, penalties=tuple(replace(one, weight=one.at(step)) for one in due))

    def critic_loss(self, critic: CriticFunction, real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
        """Compute what the critic minimises, a scalar; detach the generated images for its update."""
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

    def generator_loss(self, critic: CriticFunction, real: Tensor, fake: Tensor) -> Tensor:
        """Compute what the generator minimises, a scalar."""
        on_fake = critic(fake).squeeze(1)
        with torch.no_grad():
            on_real = critic(real).squeeze(1) if self.objective.paired else on_fake.new_empty(0)
        return self.objective.generator(on_real, on_fake)

    def constrain(self, critic: nn.Module) -> None:
        """Apply the objective's constraint to the critic, in place, after each of its updates."""
        if self.objective.constrain is not None:
            self.objective.constrain(critic)


def is_due(step: int, every: int) -> bool:
    """Return whether what is done in every `every`-th step is done in this one; the first step, 1, has it."""
    return (step - 1) % every == 0


def _tracked(images: Tensor) -> Tensor:
    return images if images.requires_grad else images.detach().requires_grad_()


def build(objective: Reference, penalties: Sequence[Reference], critic: nn.Module) -> AdversarialLoss:
    """Build the loss of an objective and penalties by name, and refuse parts that do not fit each other or `critic`."""
    names = [name_of(penalty) for penalty in penalties]
    loss = AdversarialLoss(
        build_member("objectives", objective),
        tuple(
            build_member("penalties", penalty, key=f"penalties.{name}")
            for name, penalty in zip(names, penalties, strict=True)
        ),
    )
    if reason := _conflict(loss, names, critic):
        raise InputError(f"objective {name_of(objective)}: {reason}")
    return loss


def _conflict(loss: AdversarialLoss, names: list[str], critic: nn.Module) -> str:
    """Say why these parts do not go together, "" if they do."""
    listed, clips = ", ".join(names), loss.objective.constrain is not None
    if len(set(names)) < len(names):
        return f"penalties: expected each once, got {listed}"
    if names and across_batch(critic):
        return (
            f"penalties: {listed}: a slope at one image means nothing to a critic that mixes the images of a batch "
            "(batch normalisation, minibatch discrimination, packing)"
        )
    if clips and names:
        return f"penalties: {listed}: clip already bounds the critic's slope; take one of the two"
    if clips and is_spectral(critic):
        return "clip: does nothing to a spectrally normalised critic, whose weights are rescaled; take one of the two"
    if loss.objective.lipschitz and not (clips or names or is_spectral(critic)):
        return "its loss has no bound unless the critic's slope has: give clip, a penalty or a spectral network"
    return ""

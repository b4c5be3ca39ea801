"""Contract of penalties on the critic's slope: weight · E φ(∇v(x)), x drawn about the real and generated images.

A module genbench/adversarial/penalties/<name>.py has `build(*, weight, ...) -> Penalty` and EXAMPLES, a tuple of
options to try. Penalties differ in two things alone: where the slope is taken, and what is asked of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.errors import InputError
from genbench.per_image_random import uniform_rows


@dataclass(frozen=True)
class Schedule:
    """A weight that goes from its first value to `final` within `steps` steps along half a cosine, and then stays.

    So go the weights of R1 and R2 in the program of R3GAN (Huang et al. 2024), to a tenth of the first.
    """

    final: float
    steps: int

    def weight(self, first: float, step: int) -> float:
        """Return the weight of a step, the first of which is 1 and has `first`."""
        passed = min(1.0, (step - 1) / self.steps)
        return first + (1 - math.cos(math.pi * passed)) / 2 * (self.final - first)


@dataclass(frozen=True)
class Penalty:
    """One penalty, added to the critic's loss.

    where: from real and generated images (B, C, H, W) and a generator of randomness to the points (B, C, H, W).
    of: from the gradients of the critic's output there, flattened to (B, D), to what each costs, (B,).
    weight: the factor of its mean.
    every: steps from one that it is added in to the next, where its weight is as many times larger.
    schedule: of the weight, None for one that stays.
    """

    where: Callable[[Tensor, Tensor, torch.Generator], Tensor]
    of: Callable[[Tensor], Tensor]
    weight: float
    every: int = 1
    schedule: Schedule | None = None

    def at(self, step: int) -> float:
        """Return the weight of a step in which the penalty is added."""
        weight = self.weight if self.schedule is None else self.schedule.weight(self.weight, step)
        return weight * self.every


def schedule(final: float | None, steps: int | None) -> Schedule | None:
    """Build the schedule of two options that stand together or not at all."""
    if final is not None and steps is not None:
        return Schedule(final, steps)
    if final is not None or steps is not None:
        given, other = ("final", "steps") if steps is None else ("steps", "final")
        raise InputError(f"penalty: {other}: missing; {given} says how a weight changes, and takes both")
    return None


def between(real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
    """Draw one point uniformly on the segment between each real image and the generated one beside it."""
    share = uniform_rows(len(real), rng=rng).to(real).view(-1, *(1,) * (real.dim() - 1))
    return torch.lerp(fake, real, share)


def length(gradients: Tensor) -> Tensor:
    """Compute ‖∇v‖₂ of each point, (B,) from (B, D); its own gradient at 0 is 0."""
    return torch.linalg.vector_norm(gradients, dim=1)

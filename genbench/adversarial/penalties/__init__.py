"""Contract of penalties on the critic's slope: weight · E φ(∇v(x)), x drawn about the real and generated images.

A module genbench/adversarial/penalties/<name>.py has `build(*, weight, ...) -> Penalty` and EXAMPLES, a tuple of
options to try. Penalties differ in two things alone: where the slope is taken, and what is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.per_image_random import uniform_rows


@dataclass(frozen=True)
class Penalty:
    """One penalty, added to the critic's loss.

    where: from real and generated images (B, C, H, W) and a generator of randomness to the points (B, C, H, W).
    of: from the gradients of the critic's output there, flattened to (B, D), to what each costs, (B,).
    weight: the factor of its mean.
    every: steps from one that it is added in to the next, where its weight is as many times larger.
    """

    where: Callable[[Tensor, Tensor, torch.Generator], Tensor]
    of: Callable[[Tensor], Tensor]
    weight: float
    every: int = 1


def between(real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
    """Draw one point uniformly on the segment between each real image and the generated one beside it."""
    share = uniform_rows(len(real), rng=rng).to(real).view(-1, *(1,) * (real.dim() - 1))
    return torch.lerp(fake, real, share)


def length(gradients: Tensor) -> Tensor:
    """Compute ‖∇v‖₂ of each point, (B,) from (B, D); its own gradient at 0 is 0."""
    return torch.linalg.vector_norm(gradients, dim=1)

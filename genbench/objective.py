"""What an adversarial objective is: two losses on a critic's raw outputs, and what it asks of the critic.

A module genbench/objectives/<name>.py has `build(**options) -> Objective`. Losses are minimised, both of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

#: From raw outputs (B,) of the critic to a scalar loss.
GeneratorLoss = Callable[[Tensor], Tensor]
#: From raw outputs (B,) on real and (B,) on generated images to a scalar loss.
CriticLoss = Callable[[Tensor, Tensor], Tensor]
#: From the critic, real and generated images (B, C, H, W) and a generator of randomness to a scalar to be added.
Penalty = Callable[[nn.Module, Tensor, Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Objective:
    """One adversarial objective.

    critic: the critic's loss. generator: the generator's. penalty: added to the critic's loss, on images.
    constrain: applied to the critic in place after each of its updates (weight clipping).
    """

    critic: CriticLoss
    generator: GeneratorLoss
    penalty: Penalty | None = None
    constrain: Callable[[nn.Module], None] | None = None

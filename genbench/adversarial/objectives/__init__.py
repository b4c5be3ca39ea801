"""Contract of adversarial objectives: two losses on a critic's raw outputs, and what it asks of the critic.

A module genbench/adversarial/objectives/<name>.py has `build(**options) -> Objective`, and EXAMPLES, a tuple of options
to try, where an option has no default. Losses are minimised, both of them. An objective knows no images and no network:
penalties on the critic's slope are of their own (:mod:`genbench.adversarial.penalties`), and both meet in
:mod:`genbench.adversarial.adversarial_loss`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

#: From raw outputs (B,) of the critic on real and (B,) on generated images to a scalar loss.
Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Objective:
    """One adversarial objective.

    critic: the critic's loss. generator: the generator's; both are called (real outputs, generated outputs).
    paired: whether the generator's loss looks at the real outputs; where it does not, they may be empty.
    constrain: applied to the critic in place after each of its updates (weight clipping).
    lipschitz: whether the critic's loss is unbounded unless something bounds the critic's slope.
    notes: sentences that a reader of its numbers should know.
    """

    critic: Loss
    generator: Loss
    paired: bool = False
    constrain: Callable[[nn.Module], None] | None = None
    lipschitz: bool = False
    notes: tuple[str, ...] = ()

"""How far a training has come: its step, its position in the data, its curve, and whether it diverged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

#: Of losses and of gradient norms over some updates of a player, and the number of these.
Sums = tuple[float, float, float]


@dataclass(frozen=True)
class Point:
    """One point of a training curve: means over the updates of one player in the window that ends with `step`."""

    step: int
    player: str
    loss: float
    grad_norm: float


@dataclass
class Progress:
    """What a checkpoint holds beside tensors.

    drawn: batches drawn so far. seconds: spent training, in all processes. diverged: {"step", "reason"} or None.
    best: {"step", "value"} of the best value on the validation split, empty for a model that is not asked for one.
    window: what the window that has not ended yet had come to, by player (:mod:`genbench.engine.window`).
    """

    step: int = 0
    drawn: int = 0
    seconds: float = 0.0
    diverged: dict[str, Any] | None = None
    best: dict[str, Any] = field(default_factory=dict)
    curve: list[Point] = field(default_factory=list)
    window: dict[str, Sums] = field(default_factory=dict)


def curve_csv(curve: Sequence[Point]) -> str:
    """The curve as CSV text: step, player, loss, grad_norm."""
    rows = [f"{p.step},{p.player},{p.loss!r},{p.grad_norm!r}" for p in curve]
    return "\n".join(["step,player,loss,grad_norm", *rows]) + "\n"

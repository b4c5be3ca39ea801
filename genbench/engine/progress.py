"""Progress of long work: of a training its step, its position in the data, its curve and divergence; and the bar."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tqdm import tqdm

#: Sums of losses and of gradient norms over some updates of a group, and the number of these.
Sums = tuple[float, float, float]


@dataclass(frozen=True)
class Point:
    """One point of a training curve: means over the updates of one group in the window that ends with `step`."""

    step: int
    group: str
    loss: float
    grad_norm: float


@dataclass
class Progress:
    """State of a training beside its tensors, as a checkpoint holds it.

    drawn: batches drawn so far. seconds: spent training, in all processes. diverged: {"step", "reason"} or None.
    best: {"step", "value"} of the best value on the validation split, empty for a model that is not asked for one.
    window: sums of the window that has not ended yet, by group (:mod:`genbench.engine.window`).
    """

    step: int = 0
    drawn: int = 0
    seconds: float = 0.0
    diverged: dict[str, Any] | None = None
    best: dict[str, Any] = field(default_factory=dict)
    curve: list[Point] = field(default_factory=list)
    window: dict[str, Sums] = field(default_factory=dict)


def curve_csv(curve: Sequence[Point]) -> str:
    """Write the curve as CSV text: step, group, loss, grad_norm."""
    rows = [f"{p.step},{p.group},{p.loss!r},{p.grad_norm!r}" for p in curve]
    return "\n".join(["step,group,loss,grad_norm", *rows]) + "\n"


def progress_bar(what: str, total: int, initial: int = 0, unit: str = "step") -> tqdm[NoReturn]:
    """Open a bar with rate and time left; in a log file it writes a line every ten seconds only."""
    seconds = 0.5 if sys.stderr.isatty() else 10.0
    return tqdm(total=total, initial=initial, desc=what, unit=unit, mininterval=seconds, disable=total == 0)

"""A model after its training; who saves or loads one need not know the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from genbench.engine.progress import Progress
from genbench.models import Learner

L = TypeVar("L", bound=Learner)


@dataclass(frozen=True)
class Trained(Generic[L]):
    """What the loop gives back: weights, the curve, and whether it diverged.

    last: after the last step. average: their exponential moving average. best: the average when it was best on the
    validation split, None for a model that is not asked.
    """

    last: L
    average: L
    best: L | None
    progress: Progress

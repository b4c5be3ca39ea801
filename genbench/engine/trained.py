"""Result of a training; code that saves or loads one need not know the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from genbench.engine.learner import Learner
from genbench.engine.progress import Progress

L_co = TypeVar("L_co", bound=Learner, covariant=True)


@dataclass(frozen=True)
class Trained(Generic[L_co]):
    """Weights that a training ends with, its curve, and its divergence if there was one.

    raw: the weights of the last step as they are. ema: their exponential moving average. best: that average at the
    step that was best on the validation split, None for a model that is not asked.
    """

    raw: L_co
    ema: L_co
    best: L_co | None
    progress: Progress

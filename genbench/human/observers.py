"""Simulated people, to try a study before real ones are asked, and to test what is made of their answers."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Protocol

import numpy as np

from genbench.human.design import Kind, Trial
from genbench.human.staircase import frames
from genbench.human.store import Reply, Store


class Observer(Protocol):
    """A participant."""

    def says_real(self, trial: Trial, exposure: int | None, rng: np.random.Generator) -> bool:
        """Answer a trial that was shown for `exposure` milliseconds, None for as long as wanted."""


@dataclass(frozen=True)
class Attentive:
    """An observer with a psychometric function of the exposure x, a logistic one:

        P(right) = 1/2 + (1/2 − lapse) / (1 + exp(−(x − threshold) / spread)).

    At the threshold it is 75 % without lapses. Without limit of time, errors are given for generated and real images.
    Checks are answered wrongly at the rate of lapses. threshold, spread: milliseconds.
    """

    threshold: float = 300.0
    spread: float = 60.0
    lapse: float = 0.01
    errors_generated: float = 0.3
    errors_real: float = 0.3

    def says_real(self, trial: Trial, exposure: int | None, rng: np.random.Generator) -> bool:
        right = rng.random() < self.right(trial, exposure)
        return trial.real if right else not trial.real

    def right(self, trial: Trial, exposure: int | None) -> float:
        """Compute the probability of a right answer."""
        if trial.check:
            return 1 - self.lapse
        if exposure is None:
            return 1 - (self.errors_real if trial.real else self.errors_generated)
        return 0.5 + (0.5 - self.lapse) / (1 + exp((self.threshold - exposure) / self.spread))


@dataclass(frozen=True)
class Lazy:
    """An observer who looks at a share of the trials, and says "real" to the others."""

    share: float = 0.3
    looking: Attentive = Attentive()

    def says_real(self, trial: Trial, exposure: int | None, rng: np.random.Generator) -> bool:
        return self.looking.says_real(trial, exposure, rng) if rng.random() < self.share else True


@dataclass(frozen=True)
class Clicker:
    """An observer who presses either key at random."""

    def says_real(self, trial: Trial, exposure: int | None, rng: np.random.Generator) -> bool:
        return bool(rng.random() < 0.5)


FRAME = 1000 / 60  # milliseconds, of the simulated display
SIDE = 320  # CSS pixels of the simulated image


def take_part(store: Store, observer: Observer, kind: Kind, rng: np.random.Generator) -> str:
    """Join a study, answer one session to its end, and return the code."""
    code = store.join("1920×1080", 1.0)
    store.begin(code, kind, FRAME)
    while question := store.standing(code).question:
        exposure = question.exposure
        shown = None if exposure is None else frames(exposure, FRAME) * FRAME
        says_real = observer.says_real(question.trial, exposure, rng)
        store.answer(code, question.address, Reply(says_real, shown, "", float(rng.uniform(300, 900)), SIDE))
    return code

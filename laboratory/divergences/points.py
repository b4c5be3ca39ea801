"""Games on points instead of images: what the training loop is given where data are a formula.

A point of D coordinates is an image of shape (1, 1, D), so that models, objectives, penalties and tricks are those of
the benchmark. Real points are drawn afresh for each batch: nothing is over-fitted, and there is no data set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from genbench.adversarial.adversarial_loss import AdversarialLoss
from genbench.data.images import Images
from genbench.engine.learner import Batch, Data, Learner, ParameterGroup, Update
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.engine.trained import Trained
from genbench.models.gan import GAN
from genbench.networks import Critic

#: From a generator of randomness to points (B, 1, 1, D).
Draw = Callable[[torch.Generator], Tensor]
L = TypeVar("L", bound=Learner)


class OnPoints(Learner):
    """GAN that is shown points of `real` in place of a data set's images."""

    def __init__(self, gan: GAN, real: Draw) -> None:
        super().__init__()
        self.gan, self._real = gan, real

    def groups(self) -> dict[str, ParameterGroup]:
        return self.gan.groups()

    def setup(self, data: Data, rng: torch.Generator) -> None:
        self.gan.setup(data, rng)

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        return self.gan.updates(self._batches(rng), rng, step)

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        self.gan.pass_batch(next(self._batches(rng)), rng)

    def after_update(self, group: str, step: int) -> None:
        self.gan.after_update(group, step)

    def _batches(self, rng: torch.Generator) -> Iterator[Batch]:
        while True:
            points = self._real(rng)
            yield Batch(points, torch.full((len(points),), -1))


class CriticAlone(Learner):
    """Critic between two fixed distributions: the inner half of a game, which estimates a divergence."""

    def __init__(self, critic: Critic, game: AdversarialLoss, real: Draw, fake: Draw, lr: float) -> None:
        super().__init__()
        self.critic, self._game, self._real, self._fake, self._lr = critic, game, real, fake, lr

    def groups(self) -> dict[str, ParameterGroup]:
        return {"critic": ParameterGroup(list(self.critic.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        yield Update("critic", self._game.critic_loss(self.critic, self._real(rng), self._fake(rng), rng))

    def after_update(self, group: str, step: int) -> None:
        self._game.constrain(self.critic)


def learn(
    learner: L,
    *,
    steps: int,
    seed: int,
    ema: float = 0.0,
    each_every: int | None = None,
    each: Callable[[int, L], None] = lambda step, learner: None,
) -> Trained[L]:
    """Train by the benchmark's loop; `each` is called with the averaged learner every `each_every` steps.

    ema: decay of the averaged weights; with 0 they are the last ones.
    """
    nothing = Images(np.zeros((1, 1, 1, 1), np.uint8), np.zeros(1, np.int64))
    options = TrainOptions(steps=steps, batch=1, ema=ema, log_every=steps, grid_every=each_every or steps)
    with TemporaryDirectory() as scratch:
        data = Data(nothing, nothing, nothing, levels=256, classes=())
        return train(learner, data, options, seed=seed, scratch=Path(scratch), each_grid=each)

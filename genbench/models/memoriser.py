"""Calibration row: the training images themselves. A perfect FID with nothing learnt: what FID cannot see."""

import torch

from genbench.data.images import Shape
from genbench.engine.learner import Data
from genbench.models.bases.stored_images import Replay

FAMILY = "calibration"


class Memoriser(Replay):
    """Samples are training images, without replacement."""

    def setup(self, data: Data, rng: torch.Generator) -> None:
        self.keep(data.train, rng)


def build(shape: Shape) -> Memoriser:
    """No options."""
    return Memoriser(shape)

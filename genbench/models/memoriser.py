"""Calibration row: the training images themselves. FID is perfect and nothing was learnt."""

import torch

from genbench.data.images import Shape
from genbench.engine.learner import Data, Facts
from genbench.models.bases.stored_images import StoredImages

FAMILY = "calibration"


class Memoriser(StoredImages):
    """Samples are training images, without replacement."""

    def setup(self, data: Data, rng: torch.Generator) -> None:
        self.keep(data.train, rng)

    def to_store(self, facts: Facts) -> int | None:
        return facts.images


def build(shape: Shape) -> Memoriser:
    """Build the row; it has no options."""
    return Memoriser(shape)

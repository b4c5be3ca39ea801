"""Calibration row of translation: the true targets in another order, each the target of some other source.

As a set of images they are perfect; scores of pairs have the value of chance.
"""

import torch

from genbench.data.images import Shape
from genbench.engine.learner import Data
from genbench.models.truth import Truth

FAMILY = "calibration"


class ShuffledTruth(Truth):
    """Translations are the targets of the held-out split in a random order, where one is in its place on average."""

    def setup(self, data: Data, rng: torch.Generator) -> None:
        self.keep(data.held_out, rng)


def build(shape: Shape) -> ShuffledTruth:
    """Build the row; it has no options."""
    return ShuffledTruth(shape)

"""Calibration row: real images that no model saw. Its score is the floor, the best that a generator can hope for."""

import torch

from genbench.data.images import Shape
from genbench.engine.learner import Data, Facts
from genbench.models.bases.stored_images import StoredImages

FAMILY = "calibration"


class HeldOut(StoredImages):
    """Samples are the held-out split itself."""

    def setup(self, data: Data, rng: torch.Generator) -> None:
        self.keep(data.held_out, rng)

    def to_store(self, facts: Facts) -> int | None:
        return facts.held_out


def build(shape: Shape) -> HeldOut:
    """Build the row; it has no options."""
    return HeldOut(shape)

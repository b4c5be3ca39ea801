"""Calibration row of translation: the true targets, the best value of every score of pairs and of sets of images."""

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.engine.learner import Data
from genbench.models.bases.stored_images import StoredImages
from genbench.models.bases.translator import Translator

FAMILY = "calibration"


class Truth(Translator, StoredImages):
    """Translations are the targets of the held-out split in their order, whatever the sources."""

    def setup(self, data: Data, rng: torch.Generator) -> None:
        self.pixels = torch.tensor(data.held_out.pixels)

    def translate(self, sources: Tensor, *, rng: torch.Generator) -> Tensor:
        return StoredImages.sample(self, len(sources), rng=rng)


def build(shape: Shape) -> Truth:
    """Build the row; it has no options."""
    return Truth(shape)

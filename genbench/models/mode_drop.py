"""Calibration row: training images of the first classes only, the cost of mode collapse with perfect images."""

import numpy as np
import torch

from genbench.data.images import Shape
from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.models.bases.stored_images import StoredImages
from genbench.options import Count

FAMILY = "calibration"


class ModeDrop(StoredImages):
    """Samples are training images of classes 0 to keep − 1, without replacement."""

    def __init__(self, shape: Shape, keep_classes: int) -> None:
        super().__init__(shape)
        self._classes = keep_classes

    def setup(self, data: Data, rng: torch.Generator) -> None:
        if not 0 < self._classes < len(data.classes):
            raise InputError(
                f"mode_drop: keep_classes: expected 1 to {len(data.classes) - 1}, "
                f"fewer than the dataset's {len(data.classes)} classes, got {self._classes}"
            )
        index = np.flatnonzero((data.train.labels >= 0) & (data.train.labels < self._classes))
        self.keep(data.train[index], rng)


def build(shape: Shape, *, keep_classes: Count) -> ModeDrop:
    """Build the row that keeps the first `keep_classes` classes."""
    return ModeDrop(shape, keep_classes)

"""Calibration row: training images of the first classes only, the cost of mode collapse with perfect images."""

import numpy as np
import torch

from genbench.data.images import Shape
from genbench.engine.learner import Data, Facts
from genbench.errors import InputError
from genbench.models.bases.stored_images import StoredImages
from genbench.options import Count

FAMILY = "calibration"


class ModeDrop(StoredImages):
    """Samples are training images of classes 0 to keep − 1, without replacement."""

    def __init__(self, shape: Shape, keep_classes: int) -> None:
        super().__init__(shape)
        self._classes = keep_classes

    def refuse(self, facts: Facts) -> None:
        classes = facts.classes
        if classes is not None and classes < 2:
            raise InputError(
                f"mode_drop: keep_classes: expected a dataset of 2 classes or more, this one has {classes}"
            )
        if classes is not None and not 0 < self._classes < classes:
            raise InputError(
                f"mode_drop: keep_classes: expected 1 to {classes - 1}, "
                f"fewer than the dataset's {classes} classes, got {self._classes}"
            )

    def to_store(self, facts: Facts) -> int | None:
        return None if facts.class_images is None else sum(facts.class_images[: self._classes])

    def setup(self, data: Data, rng: torch.Generator) -> None:
        index = np.flatnonzero((data.train.labels >= 0) & (data.train.labels < self._classes))
        self.keep(data.train[index], rng)


def build(shape: Shape, *, keep_classes: Count) -> ModeDrop:
    """Build the row that keeps the first `keep_classes` classes."""
    return ModeDrop(shape, keep_classes)

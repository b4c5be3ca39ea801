"""Contract of a generative model: a learner of images that samples.

A family is a module genbench/models/<name>.py with `build(shape, *, ...options) -> Model`. The loop
(:mod:`genbench.engine.loop`) owns optimisers, gradients, averaged weights, checkpoints and curves; a model says only
what to minimise, in `updates` (:mod:`genbench.engine.learner`), and how to draw images.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Data, Learner
from genbench.models.bases.pixel_mmd import BATCH, IMAGES, squared_pixel_mmd


class Model(Learner, ABC):
    """A generative model of images of shape (C, H, W) with values in [-1, 1]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    @property
    def stored(self) -> int | None:
        """Number of images of a model that deals out stored ones, each once; None for a model that draws new ones."""
        return None

    @abstractmethod
    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Draw n images, (n, C, H, W) float32 in [-1, 1]. Options of the `sample:` half are keyword arguments.

        A conditional model takes `labels: Tensor | None = None`, (n,) int64, as well, and draws its own where there
        are none.
        """

    def validate(self, data: Data, rng: torch.Generator) -> float | None:
        """Return the discrepancy in pixel space of samples and validation images.

        See :mod:`genbench.models.bases.pixel_mmd`.
        """
        return to_validation(self, data, rng)

    def notes(self) -> Sequence[str]:
        """Return what a reader of the model's numbers should know, a sentence each; shown in the report."""
        return ()

    def drawn(self, n: int) -> None:
        """Leave out the next n images, which a process that was killed drew; for models that never draw one twice."""
        del n

    def draw_labels(self, n: int, *, rng: torch.Generator) -> Tensor | None:
        """Draw the classes of n images, (n,) int64; None for a model that knows no classes."""
        del n, rng
        return None


@torch.no_grad()
def to_validation(model: Model, data: Data, rng: torch.Generator) -> float | None:
    """Return the discrepancy of IMAGES samples and the validation images, at most as many; None of fewer than two."""
    n = min(len(data.validation), IMAGES)
    if n < 2:
        return None
    index = torch.randperm(len(data.validation), generator=rng)[:n].numpy()
    real = scale(torch.from_numpy(np.asarray(data.validation.pixels[np.sort(index)])))
    fake = torch.cat([model.sample(min(BATCH, IMAGES - start), rng=rng) for start in range(0, IMAGES, BATCH)])
    return squared_pixel_mmd(real.to(fake.device), fake)

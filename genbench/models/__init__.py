"""What a generative model is to the benchmark: something that the one training loop can train and that samples.

A family is a module genbench/models/<name>.py with `build(shape, *, ...options) -> Model`. The loop
(:mod:`genbench.engine.loop`) owns optimisers, gradients, EMA, checkpoints and curves; a model says only what to
minimise, in `turns`, and whose move it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from genbench.data.images import Images, Shape
from genbench.data.pixels import scale
from genbench.models.bases.pixel_mmd import BATCH, IMAGES, squared_pixel_mmd

Optimiser = Literal["adam", "rmsprop"]


@dataclass(frozen=True)
class Batch:
    """Images (B, C, H, W) float32 in [-1, 1]; labels (B,) int64, -1 where unknown."""

    images: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Data:
    """What a model may see; the split `reference`, which it is judged by, is never here.

    validation: to choose weights by, not to learn from. held_out: for the calibration row of that name alone.
    """

    train: Images
    validation: Images
    held_out: Images
    levels: int
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Player:
    """A group of parameters with one optimiser: a generator, a critic, an encoder with its decoder."""

    parameters: list[nn.Parameter]
    lr: float
    betas: tuple[float, float] = (0.9, 0.999)
    optimiser: Optimiser = "adam"


@dataclass(frozen=True)
class Turn:
    """One update that a model asks for: minimise `loss` (scalar) over the parameters of `player`."""

    player: str
    loss: Tensor


class Learner(nn.Module):
    """Anything that the training loop can train: it says whose turn it is and what that player minimises."""

    def players(self) -> dict[str, Player]:
        """The optimisers that the loop keeps; none for a model that is not trained by gradients."""
        return {}

    def begin(self, data: Data, rng: torch.Generator) -> None:
        """Called once before the first step, to take from the data what is not learnt by gradients."""
        del data, rng

    def turns(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Turn]:
        """One training step: yields each update it wants and is resumed after it was made."""
        del batches, rng, step
        return iter(())

    def after(self, player: str, step: int) -> None:
        """Called after each update of `player`: clipping, a code book."""
        del player, step

    def validate(self, data: Data, rng: torch.Generator) -> float | None:
        """What the loop chooses the best weights by, on `data.validation`, the lower the better; None for no choice."""
        del data, rng
        return None

    def whole_batch(self) -> str:
        """What in a step is no mean over the images of its batch, so that processes cannot share one; "" if nothing."""
        return ""

    def networks(self) -> Iterable[nn.Module]:
        """The networks that torch.compile may take: called as they are, and differentiated once only."""
        return self.children()


class Model(Learner, ABC):
    """A generative model of images of shape (C, H, W) with values in [-1, 1]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    @abstractmethod
    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Draw n images, (n, C, H, W) float32 in [-1, 1]. Options of the `sample:` half are keyword arguments.

        A conditional model takes `labels: Tensor | None = None`, (n,) int64, as well, and draws its own where there
        are none.
        """

    def validate(self, data: Data, rng: torch.Generator) -> float | None:
        """The discrepancy in pixel space of samples and validation images (:mod:`genbench.models.bases.pixel_mmd`)."""
        return to_validation(self, data, rng)

    def drawn(self, n: int) -> None:
        """Told that n images were drawn before, by a process that was killed; for models that never draw one twice."""
        del n

    def draw_labels(self, n: int, *, rng: torch.Generator) -> Tensor | None:
        """The classes to draw n images of, (n,) int64; None for a model that knows no classes."""
        del n, rng
        return None


@torch.no_grad()
def to_validation(model: Model, data: Data, rng: torch.Generator) -> float | None:
    """The discrepancy of as many samples as there are validation images; None where there are fewer than two."""
    n = min(len(data.validation), IMAGES)
    if n < 2:
        return None
    chosen = torch.randperm(len(data.validation), generator=rng)[:n].numpy()
    real = scale(torch.from_numpy(np.asarray(data.validation.pixels[np.sort(chosen)])))
    fake = torch.cat([model.sample(min(BATCH, n - start), rng=rng) for start in range(0, n, BATCH)])
    return squared_pixel_mmd(real.to(fake.device), fake)

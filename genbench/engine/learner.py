"""Contract of what the training loop can train.

The loop (:mod:`genbench.engine.loop`) owns optimisers, gradients, averaged weights, checkpoints and curves. A learner
names its groups of parameters, and for each step the updates that it wants: a loss and the group that minimises it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from genbench.data.images import Images
from genbench.data.sides import Pairs, Sides

Optimiser = Literal["adam", "rmsprop", "sgd"]


@dataclass(frozen=True)
class Batch:
    """Images (B, C, H, W) float32 in [-1, 1]; labels (B,) int64, -1 where unknown.

    sources: of pairs the sources, like the images; row i belongs to image i where the sides are paired. Else None.
    """

    images: Tensor
    labels: Tensor
    sources: Tensor | None = None


@dataclass(frozen=True)
class Facts:
    """Facts about the training data; None is for what is not known yet.

    images: number of training images. levels: grey levels of a channel. classes: number of classes. class_images:
    number of training images of each. held_out: number of images of that split. pairs: the kind of the training data.
    """

    images: int | None = None
    levels: int | None = None
    classes: int | None = None
    class_images: tuple[int, ...] | None = None
    held_out: int | None = None
    pairs: Pairs | None = None


@dataclass(frozen=True)
class Data:
    """Splits that a learner may see; the split `reference`, which it is judged by, is never here.

    validation: to choose weights by, not to learn from. held_out: for calibration rows alone. sides: of pairs both
    sides of each split, whose targets the splits are, and sources in as many channels; else empty.
    """

    train: Images
    validation: Images
    held_out: Images
    levels: int
    classes: tuple[str, ...]
    sides: Mapping[str, Sides] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        """Facts about the data, all of them known."""
        labels, classes = self.train.labels, len(self.classes)
        of_classes = tuple(np.bincount(labels[labels >= 0], minlength=classes).tolist())
        train = self.sides.get("train")
        pairs: Pairs = "none" if train is None else "paired" if train.paired else "unpaired"
        return Facts(len(self.train), self.levels, classes, of_classes, len(self.held_out), pairs)


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters with an optimiser of their own: a generator, a critic, an encoder with its decoder.

    betas: decays of adam's two moments. sgd is plain: a step is −lr · gradient. betas_at: those of a step, the first
    of which is 1, where they change in training.
    """

    parameters: list[nn.Parameter]
    lr: float
    betas: tuple[float, float] = (0.9, 0.999)
    optimiser: Optimiser = "adam"
    betas_at: Callable[[int], tuple[float, float]] | None = None


@dataclass(frozen=True)
class Update:
    """One update that a learner asks for: minimise `loss` (scalar) over the parameters of the group named `group`."""

    group: str
    loss: Tensor


class Learner(nn.Module):
    """Base class of everything that the training loop can train."""

    def groups(self) -> dict[str, ParameterGroup]:
        """Return the groups of parameters by name; none for a learner that is not trained by gradients."""
        return {}

    def refuse(self, facts: Facts) -> None:
        """Raise an InputError for options that do not suit the data.

        `genbench check` calls it with what is known before anything runs, the loop with everything, before `setup`.
        """
        del facts

    def view(self, data: Data) -> Data:
        """Return what of the data this learner is given; all of it by default."""
        return data

    def setup(self, data: Data, rng: torch.Generator) -> None:
        """Take from the data what is not learnt by gradients. Called once, before the first step."""
        del data, rng

    def phases(self) -> tuple[int, ...]:
        """Return the first steps of the phases of a training, which differ in the work of a step; 1 is the first."""
        return (1,)

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        """Yield the updates of one training step; each was made when the next one is asked for."""
        del batches, rng, step
        return iter(())

    def after_update(self, group: str, step: int) -> None:
        """Change what follows an update of `group`: clip weights, move a codebook. Called after each."""
        del group, step

    def decay(self, otherwise: float, step: int) -> float:
        """Return the decay of the averaged weights at a step; `otherwise` is that of all learners."""
        del step
        return otherwise

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        """Pass a batch through the networks that normalise batches, as a step of training does, without a loss.

        The loop asks averaged models for it, in evaluation mode but for their batch normalisation, whose statistics
        it computes anew (:mod:`genbench.engine.batch_norm`).
        """
        del batch, rng
        raise NotImplementedError(f"{type(self).__name__}: batch normalisation needs a method pass_batch")

    def validate(self, data: Data, rng: torch.Generator) -> float | None:
        """Return the value on `data.validation` that the best weights have lowest; None to choose none."""
        del data, rng
        return None

    def whole_batch(self) -> str:
        """Say what in a step is no mean over the images of its batch, so that processes cannot share one; else ""."""
        return ""

    def networks(self) -> Iterable[nn.Module]:
        """Return the networks that torch.compile may take: called as they are, and differentiated once only."""
        return self.children()

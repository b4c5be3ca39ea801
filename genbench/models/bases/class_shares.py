"""Shares of the classes among the training images, by which a conditional model draws its labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.engine.learner import Data, Facts
from genbench.errors import InputError


class ClassShares(nn.Module):
    """`shares`: (classes,) float64, of sum 1, learnt in `count` and saved with the weights; empty without classes.

    required: True for a model that cannot do without classes.
    """

    shares: Tensor

    def __init__(self, classes: int, *, required: bool = False) -> None:
        super().__init__()
        self._required = required
        self.register_buffer("shares", torch.full((classes,), 1 / max(classes, 1), dtype=torch.float64))

    def refuse(self, facts: Facts) -> None:
        """Refuse a number of classes that is not the dataset's."""
        classes = len(self.shares)
        if self._required and facts.classes == 0:
            raise InputError(f"classes: expected a dataset that has them, got {classes} and a dataset without")
        if classes and facts.classes == 0:
            raise InputError(f"classes: expected 0, for the dataset has no classes, got {classes}")
        if classes and facts.classes is not None and classes != facts.classes:
            none = "" if self._required else ", or 0 for none"
            raise InputError(f"classes: expected the dataset's number, {facts.classes}{none}, got {classes}")

    def count(self, data: Data) -> None:
        """Learn the shares; images without labels are refused."""
        classes = len(self.shares)
        if not classes:
            return
        labels = torch.tensor(data.train.labels)
        if (labels < 0).any():
            mend = "expected one for each" if self._required else "expected 0 for none"
            raise InputError(f"classes: {int((labels < 0).sum())} training images have no label; {mend}")
        self.shares.copy_(labels.bincount(minlength=classes) / len(labels))

    def draw(self, n: int, rng: torch.Generator) -> Tensor | None:
        """Draw (n,) int64 labels, on the CPU; None without classes."""
        if not len(self.shares):
            return None
        return torch.multinomial(self.shares.cpu(), n, replacement=True, generator=rng)

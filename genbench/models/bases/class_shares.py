"""Shares of the classes among the training images, by which a conditional model draws its labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.engine.learner import Data, Facts
from genbench.errors import InputError


class ClassShares(nn.Module):
    """`shares`: (classes,) float64, of sum 1, learnt in `count` and saved with the weights; empty without classes."""

    shares: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.register_buffer("shares", torch.full((classes,), 1 / max(classes, 1), dtype=torch.float64))

    def refuse(self, facts: Facts) -> None:
        """Refuse a number of classes that is not the dataset's."""
        classes = len(self.shares)
        if classes and facts.classes == 0:
            raise InputError(f"classes: expected 0, for the dataset has no classes, got {classes}")
        if classes and facts.classes is not None and classes != facts.classes:
            raise InputError(f"classes: expected the dataset's number, {facts.classes}, or 0 for none, got {classes}")

    def count(self, data: Data) -> None:
        """Learn the shares; images without labels are refused."""
        classes = len(self.shares)
        if not classes:
            return
        labels = torch.tensor(data.train.labels)
        if (labels < 0).any():
            raise InputError(f"classes: {int((labels < 0).sum())} training images have no label; expected 0 for none")
        self.shares.copy_(labels.bincount(minlength=classes) / len(labels))

    def draw(self, n: int, rng: torch.Generator) -> Tensor | None:
        """Draw (n,) int64 labels, on the CPU; None without classes."""
        if not len(self.shares):
            return None
        return torch.multinomial(self.shares.cpu(), n, replacement=True, generator=rng)

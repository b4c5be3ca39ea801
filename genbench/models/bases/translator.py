"""Base of models that translate images: each sample is made from a source, and has a true answer.

A translator is a model whose images are not drawn but translated, so that it takes sources as a conditional model takes
labels. Sources are given with the targets' number of channels: :func:`genbench.models.bases.translations.identity`.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from genbench.models import Model


class Translator(Model):
    """A model from source images to target images, both of shape (C, H, W) with values in [-1, 1]."""

    @abstractmethod
    def sample(self, n: int, *, rng: torch.Generator, sources: Tensor | None = None) -> Tensor:
        """Translate n sources (n, C, H, W) in [-1, 1], in their order, into (n, C, H, W) float32 in [-1, 1].

        Options of the `sample:` half are keyword arguments. The stage sample gives the sources of `held_out` from the
        first on, once and in their order.
        """

    def inverse(self) -> Translator | None:
        """Give the translator from targets to sources; None for a model of one way."""
        return None

"""Baseline of translation: the source itself, in the targets' number of channels."""

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.models.bases.translator import Translator

FAMILY = "baseline"


class Identity(Translator):
    """Translations are their sources."""

    def translate(self, sources: Tensor, *, rng: torch.Generator) -> Tensor:
        return sources


def build(shape: Shape) -> Identity:
    """Build the row; it has no options."""
    return Identity(shape)

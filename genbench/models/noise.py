"""Calibration row: pixels drawn independently and uniformly. The far end of the scale."""

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.models import Model

FAMILY = "calibration"


class Noise(Model):
    """Uniform pixels in [-1, 1]."""

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        return torch.rand(n, *self.shape, generator=rng) * 2 - 1


def build(shape: Shape) -> Noise:
    """Build the row; it has no options."""
    return Noise(shape)

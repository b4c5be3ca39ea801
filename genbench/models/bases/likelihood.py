"""Contract of likelihoods: the probability of an image as it is stored, on its dataset's grey levels.

A density over real numbers can be made as large as one likes by narrow peaks on the levels, so only the probability
of the discrete image is compared (Theis, van den Oord, Bethge 2016, section 3.1), in bits per dimension,

    −log₂ P(image) / (C · H · W).

A model that has one is a :class:`LikelihoodModel`. Not all can compute it: a variational or dequantised model gives a
lower bound of log P, hence an upper bound of the bits, and an importance sampler an estimate. The kind goes with the
number wherever it goes, and kinds are never ranked together.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Data
from genbench.models import Model
from genbench.per_image_random import uniform_rows

Kind = Literal["exact", "lower bound", "estimate"]

#: Validation images at once.
BATCH = 180


@dataclass(frozen=True)
class Likelihood:
    """log P of a batch of images, (B,) in nats, the kind of that number and the method that made it."""

    nats: Tensor
    kind: Kind
    method: str


class LikelihoodModel(Model):
    """A model that computes the probability of an image.

    `levels`, the number of grey levels of a channel, is learnt from the data in `setup` and saved with the weights;
    a model that needs more of the data there calls this `setup` too. The loop keeps the averaged weights that are
    best on the validation split beside the final ones, by `validate`.
    """

    levels: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.register_buffer("levels", torch.tensor(256))

    @property
    def of_samples(self) -> bool:
        """Return whether the likelihood is of the distribution that samples come from; others are not reported."""
        return True

    def setup(self, data: Data, rng: torch.Generator) -> None:
        del rng
        self.levels.fill_(data.levels)

    @abstractmethod
    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        """Compute log P of images (B, C, H, W), float32 in [-1, 1] on the dataset's grey levels.

        draws: random draws an image, for a bound or an estimate that gets tighter with them; else ignored.
        """

    def validate(self, data: Data, rng: torch.Generator) -> float | None:
        """Return the mean bits per dimension of the validation split, one draw an image."""
        if not len(data.validation):
            return None
        mean: float = measure(self, data.validation.pixels, draws=1, batch=BATCH, rng=rng)["bits_per_dimension"]
        return mean


@torch.no_grad()
def measure(
    model: LikelihoodModel, pixels: np.ndarray, *, draws: int, batch: int, rng: torch.Generator
) -> dict[str, Any]:
    """Measure the likelihood of (N, C, H, W) uint8 pixels under a model in evaluation mode, as plain values.

    bits_per_dimension: mean over the images. standard_error: of it, over the images. kind, method: of the number.
    n: number of images. draws: random draws an image.
    """
    parts = torch.split(torch.from_numpy(np.array(pixels)), batch)
    likelihoods = [model.log_likelihood(scale(part.to(model.levels.device)), draws=draws, rng=rng) for part in parts]
    bits = bits_per_dimension(torch.cat([likelihood.nats for likelihood in likelihoods]).double(), model.shape)
    return {
        "bits_per_dimension": float(bits.mean()),
        "standard_error": float(bits.std() / math.sqrt(len(bits))),
        "kind": likelihoods[0].kind,
        "method": likelihoods[0].method,
        "n": len(bits),
        "draws": draws,
    }


def bits_per_dimension(nats: Tensor, shape: Shape) -> Tensor:
    """Convert log P in nats to bits per dimension, −log₂ P / (C · H · W)."""
    return -nats / (math.log(2) * math.prod(shape))


def level_of(images: Tensor, levels: Tensor) -> Tensor:
    """Return the grey levels of images in [-1, 1], int64 from 0 to levels − 1."""
    return ((images + 1) * ((levels - 1) / 2)).round().long().clamp(min=0).minimum(levels - 1)


def dequantise(images: Tensor, levels: Tensor, rng: torch.Generator) -> Tensor:
    """Draw a point of each image's bin of the unit cube, (k + u) / levels, k its level and u uniform on [0, 1).

    A density p there gives E_u log p − D log(levels) ≤ log P, D the number of dimensions (Theis et al. 2016, eq. 5).
    """
    noise = uniform_rows(*images.shape, rng=rng).to(images.device)
    return (level_of(images, levels) + noise) / levels

"""Baseline of translation: the target of the training source that is nearest, by Euclidean distance of pixels.

Of equally near ones the first counts: squared distances of whole numbers are exact in float64.
"""

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.data.pixels import quantise, scale
from genbench.engine.learner import Data
from genbench.models.bases.translator import Translator

FAMILY = "baseline"

LEVELS = 256


class NearestPair(Translator):
    """Training pairs, (M, C, H, W) uint8 each, looked up by their sources."""

    learns_pairs = True
    sources: Tensor
    targets: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        for side in ("sources", "targets"):
            self.register_buffer(side, torch.empty(0, *shape, dtype=torch.uint8))

    def setup(self, data: Data, rng: torch.Generator) -> None:
        train = data.sides["train"]
        self.sources, self.targets = torch.tensor(train.sources.pixels), torch.tensor(train.targets.pixels)

    def translate(self, sources: Tensor, *, rng: torch.Generator) -> Tensor:
        known, asked = (images.flatten(1).double() for images in (self.sources, quantise(sources, LEVELS)))
        nearest = (known.square().sum(1) - 2 * asked @ known.T).argmin(1)
        return scale(self.targets[nearest])

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: object) -> None:
        # The number of pairs is known only from the weights, so the buffers take their shape before the copy.
        for side in ("sources", "targets"):
            setattr(self, side, torch.empty_like(state_dict[f"{prefix}{side}"]))
        super()._load_from_state_dict(state_dict, prefix, *args)


def build(shape: Shape) -> NearestPair:
    """Build the row; it has no options."""
    return NearestPair(shape)

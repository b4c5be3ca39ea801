"""Base of the calibration rows made of real images: a model that deals out stored images like a shuffled deck."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.data.images import Images, Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Facts
from genbench.errors import InputError
from genbench.models import Model


class StoredImages(Model):
    """Stored images, (M, C, H, W) uint8, sampled without replacement."""

    pixels: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.register_buffer("pixels", torch.empty(0, *shape, dtype=torch.uint8))
        self._dealt = 0

    def keep(self, images: Images, rng: torch.Generator) -> None:
        """Store the images in an order drawn from `rng`."""
        order = torch.randperm(len(images), generator=rng)
        self.pixels = torch.tensor(images.pixels)[order]

    def to_store(self, facts: Facts) -> int | None:
        """Return the number of images that `setup` will store; None where the facts do not say."""
        del facts
        return None

    @property
    def stored(self) -> int:
        return len(self.pixels)

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Return the next n images of the deck, so that calls that follow each other never repeat an image."""
        start, self._dealt = self._dealt, self._dealt + n
        if self._dealt > len(self.pixels):
            raise InputError(
                f"expected to draw at most the {len(self.pixels)} images that are stored, got {self._dealt}"
            )
        return scale(self.pixels[start : self._dealt])

    def drawn(self, n: int) -> None:
        self._dealt = n

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: object) -> None:
        # The number of images is known only from the weights, so the buffer takes their shape before the copy.
        self.pixels = torch.empty_like(state_dict[f"{prefix}pixels"])
        super()._load_from_state_dict(state_dict, prefix, *args)

"""History of generated images for a critic: Shrivastava et al. (2017), section 2.3, in the way of CycleGAN.

Zhu, Park, Isola, Efros (2017), section 4: a critic sees images of earlier generators beside those of the latest one.
The first images are kept and shown; once the history is full, an image is shown itself with probability 1/2, and else
takes the place of a random one of the history, which is shown for it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.per_image_random import integer_rows, uniform_rows


class ImageHistory(nn.Module):
    """Kept images (N, C, H, W), and how many of them there are; part of the weights, so that trainings resume."""

    images: Tensor
    kept: Tensor

    def __init__(self, images: int, shape: Shape) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(images, *shape))
        self.register_buffer("kept", torch.tensor(0))

    @torch.no_grad()
    def exchange(self, fake: Tensor, rng: torch.Generator) -> Tensor:
        """Return the images to show for generated ones, (B, C, H, W) both, one after the other; no gradient passes."""
        shown, size, kept = fake.detach().clone(), len(self.images), int(self.kept)
        if not size:
            return shown
        coins, places = uniform_rows(len(fake), rng=rng).tolist(), integer_rows(0, size, len(fake), rng).tolist()
        for row, (coin, place) in enumerate(zip(coins, places, strict=True)):
            if kept < size:
                self.images[kept] = fake[row]
                kept += 1
            elif coin < 0.5:
                shown[row] = self.images[place]
                self.images[place] = fake[row]
        self.kept.fill_(kept)
        return shown

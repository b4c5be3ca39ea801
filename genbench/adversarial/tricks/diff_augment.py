"""Differentiable augmentation: Zhao, Liu, Lin, Zhu, Han (2020), DiffAugment, section 3.2.

The critic sees nothing but augmented images, T(x) and T(G(z)), each with random numbers of its own. Augmenting real
images alone would teach the generator to make augmented ones; here the game still ends where both distributions are
equal, and the generator learns through T, which is differentiable. A critic of few images overfits later.

Policies, with the strengths of the authors' program:

- colour: brightness + U(−½, ½), then saturation · U(0, 2) about the mean of a pixel's channels, then contrast
  · U(½, 3/2) about the mean of the image. A grey image has no saturation, and none is changed.
- translation: up to an eighth of each side, in whole pixels; what comes in from outside is 0, the mean grey.
- cutout: a rectangle of half of each side becomes 0; its centre is anywhere, so that it may hang over the border.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from genbench.adversarial.tricks import Probability, Trick
from genbench.per_image_random import integer_rows, uniform_rows

Policy = Literal["colour", "translation", "cutout"]
#: From images (B, C, H, W) and a stream of randomness to images of the same shape.
Augmentation = Callable[[Tensor, torch.Generator], Tensor]


class DiffAugment(Trick):
    """Each policy in turn changes an image with the given probability."""

    def __init__(self, policies: list[Policy], probability: float) -> None:
        super().__init__()
        self._policies, self._probability = policies, probability

    def seen(self, images: Tensor, rng: torch.Generator, step: int) -> Tensor:
        return augmented(images, self._policies, self._probability, rng) if self._probability else images


def colour(images: Tensor, rng: torch.Generator) -> Tensor:
    """Change brightness, saturation and contrast of each image."""
    brightness, saturation, contrast = uniform_rows(len(images), 3, 1, 1, 1, rng=rng).to(images).unbind(1)
    images = images + brightness - 0.5
    if images.shape[1] > 1:
        grey = images.mean(1, keepdim=True)
        images = torch.lerp(grey, images, 2 * saturation)
    mean = images.mean((1, 2, 3), keepdim=True)
    return torch.lerp(mean, images, contrast + 0.5)


def translation(images: Tensor, rng: torch.Generator) -> Tensor:
    """Move each image."""
    n, _, *sides = images.shape
    found, inside = [], []
    for side in sides:
        shift = integer_rows(-(side // 8), side // 8 + 1, n, rng).to(images.device)
        source = torch.arange(side, device=images.device) - shift.unsqueeze(1)
        found.append(source.clamp(0, side - 1))
        inside.append((source >= 0) & (source < side))
    each = torch.arange(n, device=images.device)
    moved = images[each[:, None, None], :, found[0].unsqueeze(2), found[1].unsqueeze(1)].movedim(-1, 1)
    return moved * _rectangles(inside)


def cutout(images: Tensor, rng: torch.Generator) -> Tensor:
    """Blank a rectangle of each image."""
    n, _, *sides = images.shape
    cut = []
    for side in sides:
        size = side // 2
        first = integer_rows(0, side + 1 - size % 2, n, rng).to(images.device).unsqueeze(1) - size // 2
        place = torch.arange(side, device=images.device)
        cut.append((place >= first) & (place < first + size))
    return images * ~_rectangles(cut)


def _rectangles(spans: list[Tensor]) -> Tensor:
    """Return where both rows (B, H) and columns (B, W) are marked, (B, 1, H, W)."""
    rows, columns = spans
    return (rows.unsqueeze(2) & columns.unsqueeze(1)).unsqueeze(1)


POLICIES: dict[Policy, Augmentation] = {"colour": colour, "translation": translation, "cutout": cutout}


def augmented(images: Tensor, policies: list[Policy], probability: float | Tensor, rng: torch.Generator) -> Tensor:
    """Change images (B, C, H, W) by each policy in turn, each image with the probability, which may be a scalar."""
    for policy in policies:
        chosen = uniform_rows(len(images), 1, 1, 1, rng=rng).to(images.device) < probability
        images = torch.where(chosen, POLICIES[policy](images, rng), images)
    return images


def build(
    *,
    policies: list[Policy] = ["colour", "translation", "cutout"],  # noqa: B006
    probability: Probability = 1.0,
) -> DiffAugment:
    """Build the trick of these policies, in their order; probability: of each for an image, 1 in the paper."""
    return DiffAugment(policies, probability)

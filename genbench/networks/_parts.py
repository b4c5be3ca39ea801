"""Parts that several networks share: sizes, normalisation of a critic, and what they refuse."""

from __future__ import annotations

import math
from typing import Literal

from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.errors import InputError

#: How a critic normalises: across the batch, within each image, not at all.
CriticNorm = Literal["batch", "layer", "none"]


def doublings(shape: Shape) -> int:
    """Count how often the shorter side halves before it is smaller than 4; at least once, but never below 2."""
    side = min(shape[1:])
    return max(1, int(math.log2(side / 4))) if side >= 4 else 0


def start(shape: Shape, times: int) -> tuple[int, int]:
    """Return height and width of the grid that covers `shape` once doubled `times` times."""
    return math.ceil(shape[1] / 2**times), math.ceil(shape[2] / 2**times)


def on_grid(numbers: Tensor, grid: tuple[int, int, int]) -> Tensor:
    """Read numbers (B, C·H·W) as features (B, C, H, W), pixel after pixel, which is the channels_last layout."""
    channels, height, width = grid
    return numbers.view(-1, height, width, channels).movedim(-1, 1)


class Flat(nn.Module):
    """The inverse of :func:`on_grid`: without a copy where the layout is channels_last."""

    def forward(self, features: Tensor) -> Tensor:
        return features.movedim(1, -1).flatten(1)


def norm(kind: CriticNorm, channels: int) -> list[nn.Module]:
    """Return the layers that normalise (B, channels, H, W); `layer` takes each image whole, with a scale a channel."""
    if kind == "none":
        return []
    return [nn.BatchNorm2d(channels) if kind == "batch" else nn.GroupNorm(1, channels)]


def require_images(network: str, shape: Shape) -> None:
    """Refuse what is too small to halve."""
    if min(shape[1:]) < 4:
        raise InputError(
            f"network {network}: expected images of at least 4×4 pixels, got {shape[1]}×{shape[2]}; mlp takes any"
        )


def require_no_norm(network: str, spectral: bool, critic_norm: CriticNorm) -> None:
    """Refuse normalised layers in a spectrally normalised critic: they undo its bound."""
    if spectral and critic_norm != "none":
        raise InputError(
            f"network {network}: critic_norm: expected none beside spectral, whose bound {critic_norm} normalisation "
            "undoes by dividing by a standard deviation"
        )

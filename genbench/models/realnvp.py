"""Real NVP: Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP" (2017).

Each scale is three affine couplings (equations 7 and 8) with alternating checkerboard masks, a squeeze and three with
alternating channel masks, after which half of the channels leave; the last scale is four with checkerboard masks
(section 3.6). A coupling's network is a residual one of 3 × 3 convolutions.

Batch normalisation is left out, so that what an image is worth never depends on its neighbours in a batch, and
pixels become real numbers as :mod:`genbench.models.bases.flow` says.
"""

from __future__ import annotations

from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.models.bases.multiscale import (
    Coupling,
    Layer,
    MultiScale,
    Squeeze,
    channels_mask,
    checkerboard,
    halved,
    require_squeezes,
    squeezed,
)
from genbench.options import Count, Positive

FAMILY = "flow"


class Residual(nn.Module):
    """h ↦ h + two convolutions of it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1)
        )

    def forward(self, hidden: Tensor) -> Tensor:
        changed: Tensor = hidden + self.body(hidden)
        return changed


def network(channels: int, width: int, blocks: int) -> nn.Module:
    """Build a network from images of `channels` channels to twice as many, zero at first."""
    last = nn.Conv2d(width, 2 * channels, 3, padding=1)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)  # type: ignore[arg-type]
    start = nn.Conv2d(channels, width, 3, padding=1)
    return nn.Sequential(start, *(Residual(width) for _ in range(blocks)), nn.ReLU(), last)


def build(shape: Shape, *, scales: Count, width: Count, blocks: Count, lr: Positive) -> MultiScale:
    """Build a flow with `width` channels and `blocks` residual blocks in each coupling's network."""
    require_squeezes(shape, scales - 1, scales)

    def couplings(shape: Shape, masks: list[Tensor]) -> list[Layer]:
        return [Coupling(shape[0], mask, network(shape[0], width, blocks)) for mask in masks]

    stack, rest = [], shape
    for _ in range(scales - 1):
        fine = couplings(rest, [checkerboard(rest, parity) for parity in (0, 1, 0)])
        rest = squeezed(rest)
        coarse = couplings(rest, [channels_mask(rest[0], parity) for parity in (0, 1, 0)])
        stack.append([*fine, Squeeze(), *coarse])
        rest = halved(rest)
    stack.append(couplings(rest, [checkerboard(rest, parity) for parity in (0, 1, 0, 1)]))
    return MultiScale(shape, stack, lr)

"""Neural spline flow: Durkan, Bekasov, Murray, Papamakarios (2019), on images as in their section 5.3.

The steps of Glow (:mod:`genbench.models.glow`) with another coupling: each number of one half of the channels goes
through a monotonic rational-quadratic spline on [−5, 5], the identity outside, whose `bins` widths and heights and
bins − 1 inner slopes a network gives from the other half (section 3.1; Gregory and Delbourgo 1982). Where an affine
coupling moves and stretches, a spline can part one mode from another. The spline is that of the library zuko.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from zuko.transforms import MonotonicRQSTransform

from genbench.data.images import Shape
from genbench.models.bases.flow import Pushed
from genbench.models.bases.multiscale import Layer, MultiScale
from genbench.models.glow import network, steps
from genbench.options import Count, Positive

FAMILY = "flow"


class SplineCoupling(Layer):
    """The first half of the channels stays and bends the second, the one that leaves; at first the identity."""

    def __init__(self, channels: int, width: int, bins: int) -> None:
        super().__init__()
        self._free, self._counts = channels // 2, [bins, bins, bins - 1]
        self.network: nn.Module = network(self._free, self._free * sum(self._counts), width)

    def forward(self, x: Tensor) -> Pushed:
        kept, free = x.chunk(2, dim=1)
        bent, logdet = self._spline(kept).call_and_ladj(free)
        return Pushed(torch.cat([kept, bent], dim=1), logdet.flatten(1).sum(1))

    def inverse(self, z: Tensor) -> Tensor:
        kept, bent = z.chunk(2, dim=1)
        return torch.cat([kept, self._spline(kept).inv(bent)], dim=1)

    def _spline(self, kept: Tensor) -> MonotonicRQSTransform:
        numbers = self.network(kept).unflatten(1, (self._free, -1)).movedim(2, -1)
        return MonotonicRQSTransform(*torch.split(numbers, self._counts, dim=-1))


def build(shape: Shape, *, scales: Count, depth: Count, width: Count, bins: Count, lr: Positive) -> MultiScale:
    """Build a flow of `depth` steps at each scale, with splines of `bins` bins and networks of `width` channels."""
    return MultiScale(shape, steps(shape, scales, depth, lambda channels: SplineCoupling(channels, width, bins)), lr)

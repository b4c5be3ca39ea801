"""Windows of a training curve: each of its points is a mean over all updates of one group within a window.

The curve of a training has at most POINTS windows, each of ceil(steps / POINTS) steps but the last, which may be
shorter. They depend on the number of steps alone, not on how often anybody looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from genbench.engine.progress import Point, Sums

POINTS = 100


def length(steps: int) -> int:
    """Return the number of steps of a window in a training of `steps` steps."""
    return math.ceil(steps / POINTS)


class Window:
    """Sums over the updates since the last point, in float64 on the device: reading them, and nothing else, waits.

    begun: sums that an earlier process came to in this window, by group.
    """

    def __init__(self, groups: Iterable[str], device: torch.device, begun: Mapping[str, Sums]) -> None:
        self._one = torch.ones((), device=device)
        zero = (0.0, 0.0, 0.0)
        self._sums = {name: torch.tensor(begun.get(name, zero), dtype=torch.float64, device=device) for name in groups}

    def add(self, group: str, loss: Tensor, gradients: list[Tensor]) -> None:
        """Take one update: its loss (scalar) and gradients."""
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        self._sums[group] += torch.stack([loss, norm, self._one])

    def sums(self) -> dict[str, Sums]:
        """Read the sums since the window began, by group."""
        read = {name: sums.tolist() for name, sums in self._sums.items()}
        return {name: (loss, norm, updates) for name, (loss, norm, updates) in read.items()}

    def points(self, step: int) -> list[Point]:
        """Return the means so far, of each group that had an update."""
        sums = self.sums().items()
        return [Point(step, name, loss / updates, norm / updates) for name, (loss, norm, updates) in sums if updates]

    def begin(self) -> None:
        """Begin the next window."""
        for sums in self._sums.values():
            sums.zero_()

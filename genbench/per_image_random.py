"""Random draws of a training step, one row an image, that do not depend on how many processes share the batch.

Every process draws the rows of the whole batch from the same CPU stream and keeps its own: with a :class:`Share` in
place of a plain generator, a step of N images on one process and of N / 2 on each of two see the same noise. Rows
leave for a GPU from pinned memory, which the host does not wait for.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class Share(torch.Generator):
    """CPU stream of which the process `rank` of `world` takes its rows, and has them on `device`."""

    rank = 0
    world = 1
    device_of_rows = torch.device("cpu")


def share(stream: torch.Generator, rank: int, world: int, device: torch.device) -> Share:
    """Give the stream as one process of several sees it."""
    mine = Share()
    mine.set_state(stream.get_state())
    mine.rank, mine.world, mine.device_of_rows = rank, world, device
    return mine


def normal_rows(*shape: int, rng: torch.Generator) -> Tensor:
    """Standard normal rows (B, ...), float32."""
    return _rows(lambda size: torch.randn(size, generator=rng), shape, rng)


def uniform_rows(*shape: int, rng: torch.Generator, dtype: torch.dtype = torch.float32) -> Tensor:
    """Rows (B, ...), uniform on [0, 1)."""
    return _rows(lambda size: torch.rand(size, generator=rng, dtype=dtype), shape, rng)


def integer_rows(low: int, high: int, n: int, rng: torch.Generator) -> Tensor:
    """(n,) int64, uniform on low … high − 1."""
    return _rows(lambda size: torch.randint(low, high, size, generator=rng), (n,), rng)


def _rows(draw: Callable[[tuple[int, ...]], Tensor], shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    if not isinstance(rng, Share):
        return draw(shape)
    rows = draw((shape[0] * rng.world, *shape[1:]))[rng.rank * shape[0] : (rng.rank + 1) * shape[0]]
    if rng.device_of_rows.type == "cpu":
        return rows
    return rows.pin_memory().to(rng.device_of_rows, non_blocking=True)

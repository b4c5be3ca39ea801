"""Standing statistics: batch normalisation of a generator under the codes that it samples from.

Brock et al. (2019), appendix B: the mean and variance of a layer are those of its inputs over many codes that are drawn
as those of the samples are. Truncated codes make other inputs than whole ones, so that the statistics which training
left are wrong for them, the more so the tighter they are. Here they are the means over `PASSES` batches of `CODES`
codes, and hold for one drawing alone: the statistics that are stored with the weights stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import nn

from genbench.engine.batch_norm import batch_norms, collecting
from genbench.errors import InputError

#: Batches that pass, and codes of each.
PASSES, CODES = 16, 64

Statistics = Literal["stored", "recomputed"]


@contextmanager
def standing_statistics(generator: nn.Module, generate: Callable[[int], object]) -> Iterator[None]:
    """Give a generator, inside, the statistics of what `generate` passes through it; it is called with a number."""
    layers = batch_norms(generator)
    if not layers:
        raise InputError("statistics: expected stored, for the generator has no batch normalisation; got recomputed")
    stored = [[buffer.clone() for buffer in layer.buffers()] for layer in layers]
    try:
        with collecting(layers), torch.no_grad():
            for _ in range(PASSES):
                generate(CODES)
        yield
    finally:
        for layer, buffers in zip(layers, stored, strict=True):
            for buffer, kept in zip(layer.buffers(), buffers, strict=True):
                buffer.copy_(kept)

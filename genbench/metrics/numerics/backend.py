"""Where the metrics compute: NumPy on the CPU, or torch on a GPU where there is one and the work is worth its start.

Small work stays on the CPU, so that its numbers are the same bytes with a GPU as without; `CUDA_VISIBLE_DEVICES=` in
the environment keeps all of it there. What is counted rather than summed (who is in whose ball, who is nearest) is the
same on either, because exact distances are always the CPU's (:mod:`genbench.metrics.numerics.pairs`).
"""

from __future__ import annotations

import ctypes
from functools import cache

NUMPY = "numpy"
WORTH = 1e10  # multiplications that two cores do in less time than a GPU takes to start
SHARE = 0.25  # of a GPU's memory, which others may use as well


def choose(work: float, memory: float = 0) -> str:
    """`NUMPY`, or what torch calls the device, for so many multiplications and bytes that are held at once."""
    if work < WORTH or not _driver():
        return NUMPY
    import torch

    return "cuda" if torch.cuda.is_available() and memory <= room("cuda") <= torch.cuda.mem_get_info()[0] else NUMPY


def room(device: str) -> float:
    """Bytes that may be held at once on one of torch's devices, the same whatever else runs there."""
    import torch

    place = torch.device(device)
    return SHARE * torch.cuda.get_device_properties(place).total_memory if place.type == "cuda" else 2.0**30


@cache
def _driver() -> bool:
    """Whether CUDA's driver is installed: asked first, because torch takes seconds to import."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True

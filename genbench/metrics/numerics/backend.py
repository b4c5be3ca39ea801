"""Devices of the metrics: NumPy on the CPU, or torch on a GPU where there is one and the work is worth its start.

Small work stays on the CPU, so that its numbers are the same bytes with a GPU as without; `CUDA_VISIBLE_DEVICES=` in
the environment keeps all of it there. What is counted rather than summed (who is in whose ball, who is nearest) is the
same on either, because exact distances are always the CPU's (:mod:`genbench.metrics.numerics.pairs`).
"""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from genbench.metrics.numerics.algebra import Algebra
from genbench.metrics.numerics.pairs import Pairs

NUMPY = "numpy"
HELD = 10  # matrices that one step of algebra holds at once, such as the factors and workspace of eigenvalues
WORTH = 1e10  # multiplications that two cores do in less time than a GPU takes to start
SHARE = 0.25  # of a GPU's memory, which others may use as well


def choose(work: float, memory: float = 0) -> str:
    """Choose `NUMPY`, or torch's name of the device, for so many multiplications and bytes that are held at once."""
    if work < WORTH or not _has_driver():
        return NUMPY
    import torch

    return "cuda" if torch.cuda.is_available() and memory <= room("cuda") <= torch.cuda.mem_get_info()[0] else NUMPY


def room(device: str) -> float:
    """Give the bytes that may be held at once on one of torch's devices, the same whatever else runs there."""
    import torch

    found = torch.device(device)
    return SHARE * torch.cuda.get_device_properties(found).total_memory if found.type == "cuda" else 2.0**30


def algebra_for(n: int, dimensions: int) -> Algebra:
    """Choose the algebra for the Gaussian of (N, D) rows."""
    rank = min(n, dimensions)
    return algebra(choose(work=float(n) * dimensions * rank, memory=8.0 * HELD * dimensions * rank))


def algebra(device: str) -> Algebra:
    """Give SciPy's algebra for `NUMPY`, torch's for one of its devices."""
    if device == NUMPY:
        return Algebra()
    from genbench.metrics.numerics.algebra_torch import TorchAlgebra

    return TorchAlgebra(device)


def device_of_pairs(left: np.ndarray, right: np.ndarray) -> str:
    """Choose the device for the pairs of two sets."""
    return choose(work=float(left.size) * len(right))


def all_pairs(left: np.ndarray, right: np.ndarray, device: str | None = None) -> Pairs:
    """Make all pairs of rows of (N, D) and (M, D), their products by NumPy or on one of torch's devices.

    device: `NUMPY` or a name of torch's; None chooses by the amount of work.
    """
    device = device or device_of_pairs(left, right)
    if device == NUMPY:
        return Pairs(left, right)
    from genbench.metrics.numerics.pairs_torch import TorchPairs

    return TorchPairs(left, right, device)


@cache
def _has_driver() -> bool:
    """Tell whether CUDA's driver is installed: asked first, because torch takes seconds to import."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True

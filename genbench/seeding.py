"""Independent random streams from (seed, purpose, step), so that no stage ever touches a global generator.

A stream is keyed by a SHA-256 of its three parts: streams of different purposes or steps are independent, and a
step's randomness can be had again without replaying the steps before it. That is what makes an interrupted
training resume to the same bytes: there is no generator state to save.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def entropy(seed: int, purpose: str, step: int = 0) -> int:
    """Derive a 64-bit seed for one stream; the same three parts give the same number on every machine."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{step}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def numpy_rng(seed: int, purpose: str, step: int = 0) -> np.random.Generator:
    """Make a NumPy generator for one stream."""
    return np.random.default_rng(entropy(seed, purpose, step))


def torch_rng(seed: int, purpose: str, step: int = 0) -> torch.Generator:
    """Make a CPU torch generator for one stream. Imports torch only here: a stage without torch stays quick."""
    import torch

    return torch.Generator().manual_seed(entropy(seed, purpose, step) % 2**63)


@contextmanager
def seeded_initialisation(seed: int, purpose: str) -> Iterator[None]:
    """Seed torch's global generator inside the block and restore it after.

    The initialisers of torch's own layers take no generator; this is the one place that lends them the global one.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(entropy(seed, purpose) % 2**63)
        yield

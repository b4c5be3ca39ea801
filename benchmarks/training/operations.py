"""How many floating-point operations this machine makes in a second."""

from __future__ import annotations

import time

import torch


def rate(place: torch.device) -> float:
    """Operations a second in a large product in float32, the best of ten: what a network can come near to."""
    size = 8192 if place.type == "cuda" else 1536
    a, b = (torch.randn(size, size, device=place) for _ in range(2))
    best = 0.0
    for _ in range(10):
        started = time.perf_counter()
        float((a @ b)[0, 0])  # waits for it
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best

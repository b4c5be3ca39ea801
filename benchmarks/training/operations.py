"""How many floating-point operations there are: in a piece of work, and in a second of this machine."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sums the operations of products and convolutions inside, by torch's own formulas.

    torch's FlopCounterMode sums by module as well, and for that cannot be around a gradient of a gradient.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if formula := flop_registry.get(function._overloadpacket):
            self.operations += formula(*args, **(kwargs or {}), out_val=result)
        return result


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

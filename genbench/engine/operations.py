"""Floating-point operations, counted, and the work of drawing an image.

Operations are those of products, convolutions and attention, by the formulas of torch.utils.flop_counter: 2 n m k for a
product of an n × k by a k × m matrix. What is not a product is not counted: activations, normalisation, splines,
optimisers, and all that numpy and scipy do. A count needs no clock, so a budget of operations
(:mod:`genbench.engine.budget`) gives the same number of steps on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

COUNTED = 16  # steps of a training, or images, that a mean is of


class Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sums the operations inside of it.

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


@dataclass(frozen=True)
class Work:
    """Work of drawing one image. network_calls: how often the part with parameters that is called most often is called.

    That is 1 for a generator, the number of evaluations for a diffusion model (NFE), and of places for an
    autoregressive one.
    """

    operations: float
    network_calls: int


@torch.no_grad()
def work_of_a_sample(model: nn.Module, draw: Callable[[int], object]) -> Work:
    """Count the work of `draw(n)`, which draws n images from the model, a mean over COUNTED images."""
    calls = dict.fromkeys(model.modules(), 0)

    def called(part: nn.Module, inputs: object) -> None:
        calls[part] += 1

    parts = [part for part in calls if next(part.parameters(recurse=False), None) is not None]
    hooks = [part.register_forward_pre_hook(called) for part in parts]
    with Counter() as counter:
        draw(COUNTED)
    for hook in hooks:
        hook.remove()
    return Work(counter.operations / COUNTED, max((calls[part] for part in parts), default=0))

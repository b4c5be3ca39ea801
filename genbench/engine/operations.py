"""Floating-point operations of a training, the number of steps that a budget of them buys, and the work of a sample.

Operations are those of products, convolutions and attention, by the formulas of torch.utils.flop_counter: 2 n m k for a
product of an n × k by a k × m matrix. What is not a product is not counted: activations, normalisation, splines,
optimisers, and all that numpy and scipy do. A count needs no clock, so a budget of operations gives the same number of
steps on every machine.

A step is counted on a copy of the learner that is trained on a CPU in float32, uncompiled. One step goes before, in
which optimisers and caches begin; the mean is of the COUNTED steps after it, so that a penalty of every 16th step
counts with its share.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from genbench.engine.batches import Batches
from genbench.engine.device import Device
from genbench.engine.learner import Data, Learner
from genbench.engine.loop import make, optimiser
from genbench.seeding import torch_rng

COUNTED = 16
MOST = 10**9  # steps: more than that is no training


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
class Phase:
    """Steps of a training that do the same work, from step `start` on. operations: of one of them, a mean."""

    start: int
    operations: float


def phases(learner: Learner, data: Data, batch: int, *, seed: int) -> list[Phase]:
    """Count the operations of a step in each phase of a training (:meth:`~Learner.phases`); the learner stays as it is.

    batch: images in one. A learner without parameters to train has no phases.
    """
    mine = copy.deepcopy(learner).train()
    mine.setup(data, torch_rng(seed, "begin"))
    groups = mine.groups()
    if not groups:
        return []
    optimisers = {name: optimiser(group) for name, group in groups.items()}
    device = Device(channels_last=False)
    batches = Batches(data.train, batch, seed, device.torch_device)

    def step(number: int) -> None:
        for update in mine.updates(batches, torch_rng(seed, "step", number), number):
            make(update, groups[update.group], optimisers[update.group], device)
            mine.after_update(update.group, number)

    return [Phase(start, _mean_operations(step, start)) for start in mine.phases()]


def _mean_operations(step: Callable[[int], None], start: int) -> float:
    step(start)
    with Counter() as counter:
        for number in range(start + 1, start + 1 + COUNTED):
            step(number)
    return counter.operations / COUNTED


def total(found: Sequence[Phase], steps: int) -> float:
    """Return the operations of the first `steps` steps of a training."""
    starts = [phase.start for phase in found] + [steps + 1]
    ends = [max(start, min(following, steps + 1)) for start, following in pairwise(starts)]
    return sum(phase.operations * (end - phase.start) for phase, end in zip(found, ends, strict=True))


def affordable(found: Sequence[Phase], operations: float) -> int:
    """Return the largest number of steps whose operations together are within a budget."""
    for phase, following in zip_longest(found, found[1:]):
        steps = math.floor(operations / phase.operations) if phase.operations else MOST
        if following is None or steps < following.start - phase.start:
            return min(phase.start - 1 + steps, MOST)
        operations -= phase.operations * (following.start - phase.start)
    return 0


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

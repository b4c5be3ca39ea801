"""Budget of a training in operations: what its steps cost, and the number of steps that a budget buys.

A step is counted (:mod:`genbench.engine.operations`) on a copy of the learner that is trained on a CPU in float32,
uncompiled. One step goes before, in which optimisers and caches begin; the mean is of the COUNTED steps after it, so
that a penalty of every 16th step counts with its share.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from genbench.engine.batches import BATCH
from genbench.engine.device import Device
from genbench.engine.learner import Data, Learner
from genbench.engine.loop import make, optimiser
from genbench.engine.operations import COUNTED, Counter
from genbench.seeding import torch_rng

MOST = 10**9  # steps: more than that is no training


@dataclass(frozen=True)
class Phase:
    """Steps of a training that do the same work, from step `start` on. operations: of one of them, a mean."""

    start: int
    operations: float


def phases(learner: Learner, data: Data, batch: int, *, seed: int, batch_option: str = BATCH) -> list[Phase]:
    """Count the operations of a step in each phase of a training (:meth:`~Learner.phases`); the learner stays as it is.

    batch: images in one; batch_option: where it is set. A learner without parameters to train has no phases.
    """
    mine = copy.deepcopy(learner).train()
    data = mine.view(data)
    mine.setup(data, torch_rng(seed, "begin"))
    groups = mine.groups()
    if not groups:
        return []
    optimisers = {name: optimiser(group) for name, group in groups.items()}
    device = Device(channels_last=False)
    batches = device.batches(data, batch, seed, option=batch_option)

    def step(number: int) -> None:
        for update in mine.updates(batches, torch_rng(seed, "step", number), number):
            make(update, number, groups[update.group], optimisers[update.group], device)
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

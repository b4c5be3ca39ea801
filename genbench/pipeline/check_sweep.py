"""Check of a run that is to be swept: the steps that the numbers of calls come to, before anything runs.

Calls are counted, as in the stage sweep, but on weights that nobody trained and of one image: neither changes how often
a network is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from genbench.engine.operations import work_of_a_sample
from genbench.errors import InputError
from genbench.models import Model
from genbench.pipeline import runs
from genbench.pipeline.sweep import STEPS, steps_within


def most_steps(model: Model, options: dict[str, Any], calls: Sequence[int], name: str) -> int:
    """Find the most steps that `calls`, of the network an image, come to by these options of the sampler.

    InputError if none of them allows a step.
    """

    def count(steps: int) -> int:
        def draw(n: int) -> None:
            model.sample(1, rng=torch.Generator(), **options | {STEPS: steps})

        with runs.naming(f"sweep.runs: {name}"):
            return work_of_a_sample(model, draw).network_calls

    steps = steps_within(calls, count)
    if not steps:
        raise InputError(
            f"sweep.calls: expected at least {count(1)}, the calls of one step of {name}, got at most {max(calls)}"
        )
    return steps[-1]

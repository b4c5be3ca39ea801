"""Quality against network calls: what the stage sweep measures, and the steps of a sampler for a number of calls.

A sampler that takes `steps` makes the same number of calls more with each step (Euler 1, Heun 2, a guided one twice
that), so that two counts say how many steps a number of calls allows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from genbench.errors import InputError
from genbench.find import find
from genbench.metrics import is_truth

#: The option of samplers that takes their number of steps.
STEPS = "steps"


def require_steps(sample: Callable[..., object], name: str) -> None:
    """Refuse a run whose sampler takes no number of steps."""
    if STEPS not in inspect.signature(sample).parameters:
        raise InputError(f"sweep.runs: expected runs whose samplers take a number of steps, {name} takes none")


def measured(metrics: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Select what the stage sweep measures of `metrics`: FID, and what is given the known distribution of the data."""
    return {
        name: options
        for name, options in metrics.items()
        if name == "fid" or is_truth(find("metrics", name).compute, f"metrics.{name}")
    }


def steps_within(calls: Sequence[int], count: Callable[[int], int]) -> list[int]:
    """Find the most steps that each number of calls allows, ascending, each once.

    count: gives the calls of a number of steps. Calls that do not allow one step are left out.
    """
    first, second = count(1), count(2)
    if second <= first:
        raise InputError(f"sweep.runs: expected more calls with more steps, got {first} with 1 and {second} with 2")
    return sorted({1 + (most - first) // (second - first) for most in calls if most >= first})

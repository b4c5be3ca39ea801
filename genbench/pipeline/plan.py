"""Plan of a training: the steps that the board's budget of operations buys for a run, or its own limit of steps.

Apart from :mod:`genbench.pipeline.runs`, so that stages which load a trained model do not depend on the training loop.
"""

from __future__ import annotations

from typing import Any

from genbench.engine.batches import BATCH
from genbench.engine.budget import affordable, phases, total
from genbench.engine.device import enough_memory
from genbench.engine.learner import Data
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.models import Model
from genbench.pipeline.params import Budget
from genbench.pipeline.runs import budget, naming


def batch_option(half: dict[str, Any], key: str, *, shared: str = BATCH) -> str:
    """Name the option that a training's batch comes from: that of a half, which stands at `key`, or the shared one."""
    return f"{key}.batch" if "batch" in half else shared


def plan(
    half: dict[str, Any], shared: Budget, model: Model, data: Data, *, seed: int, key: str
) -> tuple[TrainOptions, float]:
    """Return the options of a training within the board's budget, and its operations (see genbench.engine.operations).

    A budget below the operations of one step is an InputError, and so is what does not suit the data.
    """
    with naming(key):
        model.refuse(data.facts)
    batch, option = half.get("batch", shared.batch), batch_option(half, key)
    with enough_memory(f"{option}: {batch}"):
        work = phases(model, data, batch, seed=seed, batch_option=option)
    most = None
    if work and shared.operations is not None:
        most = affordable(work, 1e9 * shared.operations)
        if not most:
            raise InputError(
                f"{key}: train.operations: expected at least {work[0].operations / 1e9:.3g} (10⁹), those of one step; "
                f"got {shared.operations:.3g}"
            )
    options = budget(half, shared, most if work else 1)
    return options, total(work, options.steps)

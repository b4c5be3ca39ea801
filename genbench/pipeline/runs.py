"""A run of the catalogue: from the halves of its file, runs/<run>.yaml, to a model and its budget.

The `train:` half holds the model's name and options, and may override the shared `steps` and `batch`; everything
else in it is an option of genbench/models/<model>.py.
"""

from __future__ import annotations

from typing import Any

import torch

from genbench.data.images import Shape
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.models import Model
from genbench.options import build, checked
from genbench.pipeline.catalogue import RUNS
from genbench.pipeline.params import Params
from genbench.seeding import seeded_initialisation

OVERRIDES = ("steps", "batch")


def budget(half: dict[str, Any], shared: TrainOptions) -> TrainOptions:
    """Return the shared training options with the run's own `steps` and `batch`."""
    return TrainOptions.model_validate({**shared.model_dump(), **{k: half[k] for k in OVERRIDES if k in half}})


def model(half: dict[str, Any], shape: Shape, *, seed: int = 0, key: str = "") -> Model:
    """Build the model of a `train:` half, initialised from `seed`."""
    if not isinstance(half.get("model"), str):
        raise InputError(f"{key}.model: expected the name of a model, got {half.get('model')!r}")
    options = {k: v for k, v in half.items() if k != "model" and k not in OVERRIDES}
    with seeded_initialisation(seed, "initialise"):
        built: Model = build("models", {"name": half["model"], **options}, shape, key=key)
    return built


def check(params: Params, shape: Shape) -> None:
    """Build every enabled run without memory or data, so that a fault shows before DVC starts.

    Other rows of the catalogue are left out: they may need larger images than these.
    """
    for name in params.enabled:
        run = params.run(name)
        try:
            budget(run.train, params.train)
        except ValueError:
            raise InputError(f"{key(name, 'train')}: steps and batch: expected whole numbers of at least 1") from None
        with torch.device("meta"):
            built = model(run.train, shape, key=key(name, "train"))
        checked(built.sample, run.sample, key(name, "sample"), given=["rng", "labels"])


def key(run: str, half: str) -> str:
    """Name a half of a run, for messages."""
    return f"{RUNS}/{run}.yaml: {half}"

"""A run of the catalogue: from the halves of its file, runs/<run>.yaml, to a model and its budget.

The `train:` half holds the model's name and options, may have a `batch` of its own, and `steps`, which it never
exceeds; everything else in it is an option of genbench/models/<model>.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from genbench.data.images import Shape
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.models import Model
from genbench.options import build, checked
from genbench.pipeline.catalogue import RUNS
from genbench.pipeline.params import Budget, Params
from genbench.seeding import seeded_initialisation

OVERRIDES = ("steps", "batch")
#: What a sampler is given beside its options.
GIVEN = ("rng", "labels", "sources")


def budget(half: dict[str, Any], shared: Budget | TrainOptions, affordable: int | None = None) -> TrainOptions:
    """Return the shared training options with the run's own `batch`, and the least of all limits as `steps`.

    Limits are the board's `steps`, the run's own, and what the board's operations buy. affordable: that number.
    """
    limits = [steps for steps in (shared.steps, half.get("steps"), affordable) if steps is not None]
    own = {"steps": min(limits), "batch": half.get("batch", shared.batch)}
    return TrainOptions.model_validate({**shared.model_dump(exclude={"operations"}), **own})


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
            budget(run.train, params.train, 1)
        except (TypeError, ValueError):
            raise InputError(f"{key(name, 'train')}: steps and batch: expected whole numbers of at least 1") from None
        with torch.device("meta"):
            built = model(run.train, shape, key=key(name, "train"))
        checked(built.sample, run.sample, key(name, "sample"), given=GIVEN)


@contextmanager
def naming(key: str) -> Iterator[None]:
    """Put the name of a half of a run before the message of an InputError that does not have it."""
    try:
        yield
    except InputError as error:
        named = key.partition(":")[0] in str(error)
        raise error if named else InputError(f"{key}: {error}") from None


def blocks(stored: int | None, wanted: int, size: int, name: str) -> int:
    """Return how many blocks of `size` images to draw: those wanted, fewer of a run with `stored` images alone."""
    if stored is None:
        return wanted
    if stored < size:
        raise InputError(
            f"{key(name, 'sample')}: a block has {size} images, as many as the split reference (data.split); "
            f"this model has {stored} stored images, and deals each out once"
        )
    return min(wanted, stored // size)


def key(run: str, half: str) -> str:
    """Name a half of a run, for messages."""
    return f"{RUNS}/{run}.yaml: {half}"

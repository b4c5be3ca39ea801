"""Metrics of one set of generated features against the real ones, with the protocol that the numbers belong to."""

from __future__ import annotations

from typing import Any

import numpy as np

from genbench.data import teachers
from genbench.data.features import Features
from genbench.errors import InputError
from genbench.find import find
from genbench.metrics import GIVEN, NotGivenError, require_comparable, used
from genbench.options import checked
from genbench.seeding import numpy_rng


def evaluate(
    *,
    real: Features,
    fake: Features,
    train: Features | None = None,
    held_out: Features | None = None,
    metrics: dict[str, dict[str, Any]],
    seed: int = 0,
    left_out: dict[str, str] | None = None,
) -> dict[str, float]:
    """Compute all numbers of the named metrics; each metric has a random stream of its own.

    metrics: options by name. left_out: takes the metrics that these features cannot give, by name with the reason
    (:class:`~genbench.metrics.NotGivenError`); None refuses them.
    """
    values: dict[str, float] = {}
    given = {"real": real, "fake": fake, "train": train, "held_out": held_out}
    sets = {name: features for name, features in given.items() if features is not None}
    for name, options in metrics.items():
        try:
            values |= _compute(name, options, sets, numpy_rng(seed, f"metric {name}"))
        except NotGivenError as error:
            if left_out is None:
                raise
            left_out[name] = str(error)
    return values


def _compute(
    name: str, options: dict[str, Any], sets: dict[str, Features], rng: np.random.Generator
) -> dict[str, float]:
    """Compute one metric from what it names of the sets; they must be there, and comparable with the real ones."""
    compute = find("metrics", name).compute
    names = used(compute, f"metrics.{name}")
    chosen = checked(compute, options, f"metrics.{name}", given=GIVEN)
    given: dict[str, Any] = {**sets, "rng": rng}
    if "teacher" in names:
        dataset = next((side.protocol.dataset for side in sets.values() if side.protocol.dataset), "")
        given["teacher"] = teachers.require(dataset, name)
    for missing in [side for side in names if side not in given]:
        raise InputError(f"{name}: needs features of the {missing} split")
    require_comparable(**{side: features for side, features in sets.items() if side in ("real", "fake", *names)})
    values: dict[str, float] = compute(**{name: given[name] for name in names}, **chosen)
    return values


def protocol(real: Features, fake: Features, metrics: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Collect everything that must be equal between two numbers that are compared."""
    return {
        **fake.protocol.comparable(),
        "reference": real.protocol.split,
        "n_real": len(real),
        "n_fake": len(fake),
        "options": metrics,
    }

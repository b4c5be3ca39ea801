"""Metrics of one set of generated features against the real ones, with the protocol that the numbers belong to.

Metrics of pairs also compare each image with its own target (:mod:`genbench.metrics`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from genbench.data import teachers
from genbench.data.features import Features
from genbench.errors import InputError
from genbench.find import find
from genbench.metrics import GIVEN, PAIRED, NotGivenError, require_comparable, used
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
    **paired: Features,
) -> dict[str, float]:
    """Compute all numbers of the named metrics; each metric has a random stream of its own.

    metrics: options by name. left_out: takes the metrics that these features cannot give, by name with the reason
    (:class:`~genbench.metrics.NotGivenError`); None refuses them. paired: by the names of `PAIRED`; of a metric of
    pairs the number is the mean over them.
    """
    given = {"real": real, "fake": fake, "train": train, "held_out": held_out, **paired}
    numbers = measured(given, metrics, seed, left_out)
    return {key: float(np.mean(value)) for key, value in numbers.items()}


def measured(
    given: Mapping[str, Features | None],
    metrics: dict[str, dict[str, Any]],
    seed: int = 0,
    left_out: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Compute all numbers as the metrics give them, those of pairs as (N,) float64, the others as one float.

    given: sets of features by the names that metrics have for them. The others as in :func:`evaluate`.
    """
    values: dict[str, Any] = {}
    sets = {name: features for name, features in given.items() if features is not None}
    for name, options in metrics.items():
        try:
            values |= _compute(name, options, sets, numpy_rng(seed, f"metric {name}"))
        except NotGivenError as error:
            if left_out is None:
                raise
            left_out[name] = str(error)
    return values


def _compute(name: str, options: dict[str, Any], sets: dict[str, Features], rng: np.random.Generator) -> dict[str, Any]:
    """Compute one metric from what it names of the sets; they must be there, and comparable with the real ones."""
    compute = find("metrics", name).compute
    names = used(compute, f"metrics.{name}")
    chosen = checked(compute, options, f"metrics.{name}", given=GIVEN)
    given: dict[str, Any] = {**sets, "rng": rng}
    if "teacher" in names:
        dataset = next((side.protocol.dataset for side in sets.values() if side.protocol.dataset), "")
        given["teacher"] = teachers.require(dataset, name)
    for missing in [side for side in names if side not in given]:
        raise _missing(name, missing)
    require_comparable(**{side: features for side, features in sets.items() if side in ("real", "fake", *names)})
    values: dict[str, Any] = compute(**{name: given[name] for name in names}, **chosen)
    return values


def _missing(name: str, side: str) -> InputError:
    if side == "cycle":
        return NotGivenError(f"{name}: needs images that were translated there and back; the model goes one way")
    if side in PAIRED:
        return InputError(
            f"{name}: compares translations with their true targets, which the benchmark has where data.pairing or the "
            "dataset makes pairs"
        )
    return InputError(f"{name}: needs features of the {side} split")


def protocol(real: Features, fake: Features, metrics: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Collect everything that must be equal between two numbers that are compared."""
    return {
        **fake.protocol.comparable(),
        "reference": real.protocol.split,
        "n_real": len(real),
        "n_fake": len(fake),
        "options": metrics,
    }

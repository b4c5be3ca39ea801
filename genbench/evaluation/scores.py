"""Every metric of one set of generated features against the real ones, with the protocol that the numbers belong to."""

from __future__ import annotations

from typing import Any

from genbench.data.features import Features
from genbench.find import find
from genbench.metrics import GIVEN, NotGivenError
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
    skip: bool = False,
) -> dict[str, float]:
    """All numbers of the named metrics; each metric has a random stream of its own.

    skip: numbers that these features cannot give (:class:`~genbench.metrics.NotGivenError`) are left out, not refused.
    """
    values: dict[str, float] = {}
    for name, options in metrics.items():
        metric = find("metrics", name)
        chosen = checked(metric.compute, options, f"metrics.{name}", given=GIVEN)
        rng = numpy_rng(seed, f"metric {name}")
        try:
            values |= metric.compute(real=real, fake=fake, train=train, held_out=held_out, rng=rng, **chosen)
        except NotGivenError:
            if not skip:
                raise
    return values


def protocol(real: Features, fake: Features, metrics: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Everything that must be equal between two numbers that are compared."""
    return {
        **fake.protocol.comparable(),
        "reference": real.protocol.split,
        "n_real": len(real),
        "n_fake": len(fake),
        "options": metrics,
    }

"""What a metric is: a module genbench/metrics/<name>.py with two things.

`COLUMNS`, a dictionary of :class:`Column` by the key of each number that it gives, and

    compute(*, real: Features, fake: Features, train: Features | None = None, held_out: Features | None = None,
            rng: np.random.Generator, **options) -> dict[str, float]

a pure function of feature sets with its options spelt out. `real` and `fake` are keyword-only, so that the
two can never be swapped by position. A metric that needs something which is not there (enough images, say) raises an
InputError that says so; where it lacks class probabilities or labels, which one extractor or model gives and another
does not, a NotGivenError: the benchmark then shows a dash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genbench.data.features import Features
from genbench.errors import InputError

SAMPLES = "samples"  # the split that a model's images are said to be of
#: What `compute` of a metric is given by its caller; everything else is an option.
GIVEN = ("real", "fake", "train", "held_out", "rng")


class NotGivenError(InputError):
    """Features lack what a metric is of: the extractor knows no classes, or the model gives its images no labels."""


@dataclass(frozen=True)
class Column:
    """One number of a metric, as a table shows it.

    label: heading, such as "FID". better: the direction. low, high: the range that values can take.
    fails: the known way in which it misleads, one sentence. headline: shown on the leaderboard by default.
    """

    label: str
    better: Literal["lower", "higher", "none"]
    low: float = float("-inf")
    high: float = float("inf")
    fails: str = ""
    headline: bool = True


def require_comparable(real: Features, fake: Features) -> None:
    """Refuse two sets whose protocols or dimensions differ, naming the field that does, and two that are swapped."""
    if real.protocol.split == SAMPLES != fake.protocol.split and fake.protocol.split:
        raise InputError(
            f"real holds a model's samples ({real.protocol.source}), fake the dataset's split {fake.protocol.split!r}: "
            "the wrong way round"
        )
    mine, other = real.protocol.comparable(), fake.protocol.comparable()
    for key, value in mine.items():
        if value and other[key] and value != other[key]:
            raise InputError(f"features are not comparable: {key} of real is {value!r}, of fake {other[key]!r}")
    if real.vectors.shape[1] != fake.vectors.shape[1]:
        raise InputError(
            f"features are not comparable: real has {real.vectors.shape[1]} dimensions, fake {fake.vectors.shape[1]}"
        )
    for name, side in {"real": real, "fake": fake}.items():
        if len(side) < 2:
            raise InputError(f"{name}: a metric needs at least 2 images, got {len(side)}")

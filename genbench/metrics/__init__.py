"""The contract of a metric: a module genbench/metrics/<name>.py with `COLUMNS` and `compute`.

`COLUMNS` is a dictionary of :class:`Column` by the key of each number that the metric gives, and

    compute(*, fake: Features, ..., option: type, ...) -> dict[str, float]

is a pure function with its options spelt out. Of `GIVEN` it names what it uses, and the caller gives just that: sets of
features (`real`, `fake`, `train`, `held_out`) that are there and comparable, with at least 2 images each, the `teacher`
that the dataset was drawn from (:mod:`genbench.data.teachers`; a dataset without one is refused), and a random stream
`rng` of its own. They are keyword-only, so that no two are swapped by position. Scores that were computed before
are computed again only if a set that the metric names has changed.

Of images that are translated (:mod:`genbench.metrics.twins`) there are further sets: their `twins`, row i of which is
the true target of row i of `fake`, the `sources`, and the `cycle`, the outputs translated back. A metric that names one
of these is of pairs: it gives an array of each number, (N,) float64, a number a pair, and the mean of it counts.

A metric that needs more than that (enough images, say) raises an InputError that says so; where class probabilities,
labels, images of a class or few enough dimensions are missing, which one extractor or model gives and another does not,
a NotGivenError:
the benchmark then shows a dash, and `genbench evaluate` leaves out a metric that the user did not ask for.

For `genbench evaluate` a module may also have

    STANDARD = True      it is computed where the user names no metrics
    DEFAULTS = {...}     the value of each option that the user does not set, or a function of `fake` that gives it;
                         those of the paper where it says one
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, get_type_hints

from genbench.data.features import Features
from genbench.errors import InputError, unknown

SAMPLES = "samples"  # the split that a model's images are said to be of
#: Sets of features that a metric may name.
SETS = ("real", "fake", "train", "held_out", "twins", "sources", "cycle")
#: Those of them that only translations have.
PAIRED = ("twins", "sources", "cycle")
#: Parameters of `compute` that the caller fills in; everything else is an option.
GIVEN = (*SETS, "teacher", "rng")


class NotGivenError(InputError):
    """Features lack what a metric needs.

    The extractor knows no classes or has too many dimensions for the images, or the model gives its images no labels or
    makes too few of a class.
    """


@dataclass(frozen=True)
class Column:
    """One number of a metric, as a table shows it.

    label: heading, such as "FID". better: the direction. low, high: the range that values can take.
    fails: the known way in which it misleads, one sentence. headline: shown on the leaderboard by default. ranked: rows
    are ranked by it where there are seeds enough, and its number of the best weights is a headline too; for numbers
    above 0 of which lower is better. everywhere: a headline under each extractor that gives it, and not of the first
    one alone.
    """

    label: str
    better: Literal["lower", "higher", "none"]
    low: float = float("-inf")
    high: float = float("inf")
    fails: str = ""
    headline: bool = True
    ranked: bool = False
    everywhere: bool = False


def used(compute: Callable[..., Any], key: str) -> list[str]:
    """List what of `GIVEN` a metric's `compute` names, in that order.

    key: of messages, such as "metrics.fid". Features by any other name are refused.
    """
    names = inspect.signature(compute).parameters
    hints = get_type_hints(compute)
    for name in names:
        if hints.get(name) is Features and name not in SETS:
            raise unknown(f"{key}: set of features", name, SETS)
    return [name for name in GIVEN if name in names]


def of_pairs(compute: Callable[..., Any], key: str) -> bool:
    """Return whether a metric's `compute` is of translations, and gives a number a pair."""
    return any(name in PAIRED for name in used(compute, key))


def is_truth(compute: Callable[..., Any], key: str) -> bool:
    """Return whether a metric's `compute` is given the known distribution of the data."""
    return "teacher" in used(compute, key)


def require_comparable(**sets: Features) -> None:
    """Refuse sets that cannot be compared, and a `real` and another that are swapped, naming what does not fit.

    sets: by the name of their side. Their protocols, dimensions and numbers of classes must be equal.
    """
    for name, features in sets.items():
        if len(features) < 2:
            raise InputError(f"{name}: a metric needs at least 2 images, got {len(features)}")
    for (name, features), (other_name, other) in combinations(sets.items(), 2):
        if name == "real" and features.protocol.split == SAMPLES != other.protocol.split and other.protocol.split:
            raise InputError(
                f"real holds a model's samples ({features.protocol.source}), {other_name} the dataset's split "
                f"{other.protocol.split!r}: the wrong way round"
            )
        theirs, shape, other_shape = other.protocol.comparable(), _shape(features), _shape(other)
        for key, value in features.protocol.comparable().items():
            if value and theirs[key] and value != theirs[key]:
                raise InputError(
                    f"features are not comparable: {key} of {name} is {value!r}, of {other_name} {theirs[key]!r}"
                )
        for unit in shape:
            if shape[unit] != other_shape.get(unit, shape[unit]):
                raise InputError(
                    f"features are not comparable: {name} has {shape[unit]} {unit}, {other_name} {other_shape[unit]}"
                )


def _shape(features: Features) -> dict[str, int]:
    classes = {} if features.probs is None else {"classes": features.probs.shape[-1]}
    return {"dimensions": features.vectors.shape[1], **classes}

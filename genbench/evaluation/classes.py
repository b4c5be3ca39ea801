"""One numbering of classes for all sides: classes that have names, such as folders, are the same by name."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError

log = logging.getLogger(__name__)


def aligned(sides: dict[str, Features]) -> dict[str, Features]:
    """Number the classes of all sides alike: in the order of the first side that names them, then by name.

    The labels of a side without names are numbers of that first side's classes; where all its names are whole numbers,
    they are these. A side all in one class that no other side has (its only folder) has no labels, and none has any
    where a side has no class of the first.
    """
    named = {side: features for side, features in sides.items() if features.classes}
    for side, features in named.items():
        others = [other.classes for name, other in named.items() if name != side]
        if len(features.classes) == 1 and not any(features.classes[0] in names for names in others if len(names) > 1):
            sides = {**sides, side: replace(features, labels=None, classes=())}
    named = {side: features for side, features in sides.items() if features.classes}
    if not named:
        return sides
    first = next(iter(named.values())).classes
    for side, features in named.items():
        if not {*first} & {*features.classes}:
            theirs = (
                f"{next(iter(named))} and {side} have no class in common ({first[0]} ...; {features.classes[0]} ...)"
            )
            log.warning("%s, so the classes of all are left out", theirs)
            return {name: replace(one, labels=None, classes=()) for name, one in sides.items()}
    names = [*first, *sorted({name for features in named.values() for name in features.classes} - set(first))]
    return {side: _numbered(side, features, first, names) for side, features in sides.items()}


def _numbered(side: str, features: Features, first: tuple[str, ...], names: list[str]) -> Features:
    """Bring the labels of one side to the numbers of `names`."""
    if features.labels is None:
        return features
    if features.classes:
        number = {label: names.index(name) for label, name in enumerate(features.classes)}
    elif all(name.isdecimal() for name in first):
        number = {int(name): label for label, name in enumerate(first)}
    else:
        number = {label: label for label in range(len(first))}
    there, places = np.unique(features.labels, return_inverse=True)
    strange = [label for label in there.tolist() if label >= 0 and label not in number]
    if strange:
        raise InputError(
            f"{side}: its classes are numbers, among them {strange[0]}, which is none of the classes that another side "
            f"names: {', '.join(first)}"
        )
    labels = np.array([number.get(label, -1) for label in there.tolist()], np.int64)[places]
    return replace(features, labels=labels, classes=tuple(names))

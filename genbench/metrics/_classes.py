"""Images class by class: what the metrics within classes start from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import NotGivenError
from genbench.metrics._probabilities import class_probabilities


def within_classes(
    metric: str, *, real: Features, fake: Features, least: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the real (n, D) and the generated (m, D) vectors of each class, in the order of classes.

    An image's class is its label where all images of both sets have one, and else the classifier's most likely one, for
    both sets, so that its errors are on both sides. NotGivenError where there is neither, and where fewer than `least`
    generated images are of a class of either set, as of a model that drops a mode; InputError of as few real ones.
    """
    sides = {"real": real, "fake": fake}
    labelled = {name: side.labels is not None and bool((side.labels >= 0).all()) for name, side in sides.items()}
    if all(labelled.values()):
        of_real, of_fake = (np.asarray(side.labels) for side in sides.values())
    elif all(side.probs is not None for side in sides.values()):
        of_real, of_fake = (class_probabilities(metric, **{name: side}).argmax(axis=1) for name, side in sides.items())
    else:
        raise NotGivenError(f"{metric}: needs the class of every image, {_lack(sides, labelled)}")
    for one in np.union1d(of_real, of_fake):
        pair = real.vectors[of_real == one], fake.vectors[of_fake == one]
        if min(map(len, pair)) < least:
            named = real.classes[one] if real.classes and all(labelled.values()) else one
            refused = NotGivenError if len(pair[1]) < least else InputError
            raise refused(
                f"{metric}: expected at least {least} images of each class, got {len(pair[0])} real and "
                f"{len(pair[1])} generated ones of class {named}"
            )
        yield pair


def _lack(sides: dict[str, Features], labelled: dict[str, bool]) -> str:
    """Say which set has no classes, or that the two have them of different kinds."""
    for name, side in sides.items():
        if side.probs is None and not labelled[name]:
            return f"{name} has neither labels nor class probabilities"
    one, other = sorted(sides, key=lambda name: not labelled[name])
    return f"{one} has labels alone and {other} class probabilities alone"

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
    both sets, so that its errors are on both sides. NotGivenError where there is neither; InputError where a class of
    either set has fewer than `least` images in one of them.
    """
    sides = {"real": real, "fake": fake}
    if all(side.labels is not None and (side.labels >= 0).all() for side in sides.values()):
        of_real, of_fake = (np.asarray(side.labels) for side in sides.values())
    elif all(side.probs is not None for side in sides.values()):
        of_real, of_fake = (class_probabilities(metric, **{name: side}).argmax(axis=1) for name, side in sides.items())
    else:
        missing = next(name for name, side in sides.items() if side.probs is None)
        raise NotGivenError(
            f"{metric}: needs the class of every image, {missing} has neither labels nor class probabilities"
        )
    for one in np.union1d(of_real, of_fake):
        pair = real.vectors[of_real == one], fake.vectors[of_fake == one]
        if min(map(len, pair)) < least:
            raise InputError(
                f"{metric}: expected at least {least} images of each class, got {len(pair[0])} real and "
                f"{len(pair[1])} generated ones of class {one}"
            )
        yield pair

"""Images and classes of a known distribution: the start of truths, the metrics that are given the teacher."""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.data.teachers import Teacher
from genbench.metrics import NotGivenError
from genbench.metrics._pixels import grey_levels


def images_of(metric: str, teacher: Teacher, **side: Features) -> np.ndarray:
    """Give the images of one set, named as in fake=..., from its pixels as features, (N, 1, H, W) uint8.

    NotGivenError of features by another extractor, from which the images cannot be had.
    """
    ((name, features),) = side.items()
    whole = grey_levels(features)
    if whole is None or whole.shape[1] != teacher.dimensions:
        extractor = features.protocol.extractor or "unknown"
        raise NotGivenError(
            f"{metric}: needs the {teacher.dimensions} pixels of each image, as the extractor pixels gives them; "
            f"{name} has other features (extractor {extractor})"
        )
    return whole.astype(np.uint8).reshape(-1, *teacher.shape)


def classes_of(metric: str, teacher: Teacher, **side: Features) -> np.ndarray:
    """Give the teacher's class, (N,) from 0, that each image of one set, named as in fake=..., was asked for.

    A class that has a name is the number that it names, for that is what known datasets call theirs. NotGivenError of
    images whose class is unknown, or none of the teacher's.
    """
    ((name, features),) = side.items()
    numbers = [str(number) for number in range(len(teacher.shares))]
    labels = np.full(len(features), -1) if features.labels is None else features.labels
    place: dict[int, int] = {}
    for label in np.unique(labels).tolist():
        named = features.classes[label] if features.classes and label >= 0 else str(label)
        if named not in numbers:
            has = "unknown ones" if label < 0 else f"the class {named}"
            raise NotGivenError(
                f"{metric}: needs the class that each image was asked for, 0 to {numbers[-1]}; {name} has {has}"
            )
        place[label] = int(named)
    return np.array([place[label] for label in labels.tolist()], np.int64)

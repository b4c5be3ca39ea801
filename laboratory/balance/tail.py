"""A training set with a long tail, and the ways to fill it up again.

Class k of K has nₖ = most · imbalance^(−k / (K − 1)) images, rounded: an exponential fall from `most` to
most / imbalance (Cui et al. 2019, "Class-balanced loss based on effective number of samples", section 5.1). A filling
brings every class to `most` images.
"""

from __future__ import annotations

import numpy as np

from genbench.data.images import Images
from genbench.errors import InputError
from genbench.seeding import numpy_rng
from laboratory.balance.options import TailOptions

FILLINGS = ("none", "oversampling", "real")


def counts(classes: int, options: TailOptions) -> np.ndarray:
    """Compute the numbers of images by class, (K,) int64, falling and at least 1."""
    shares = np.arange(classes) / max(1, classes - 1)
    return np.maximum(1, np.rint(options.most * options.imbalance**-shares)).astype(np.int64)


def order(images: Images, classes: int, options: TailOptions, repeat: int) -> list[np.ndarray]:
    """Draw `most` images of each class without repetition, (most,) indices by class."""
    if options.rare >= classes:
        raise InputError(f"tail.rare: expected fewer than the {classes} classes of the dataset, got {options.rare}")
    drawn = []
    for label in range(classes):
        of_class = np.flatnonzero(images.labels == label)
        if len(of_class) < options.most:
            raise InputError(
                f"tail.most: expected at most {len(of_class)}, the images of class {label}; got {options.most}"
            )
        drawn.append(numpy_rng(repeat, "tail", label).permutation(of_class)[: options.most])
    return drawn


def long_tail(images: Images, classes: int, options: TailOptions, repeat: int) -> Images:
    """Select the training set with a long tail."""
    drawn = order(images, classes, options, repeat)
    return images[np.concatenate([index[:n] for index, n in zip(drawn, counts(classes, options), strict=True)])]


def filled(images: Images, classes: int, options: TailOptions, repeat: int, filling: str) -> Images:
    """Fill up the long tail without a model.

    none: not at all. oversampling: each class by its own images again, as evenly as can be. real: by other real images,
    which nobody would have.
    """
    drawn = order(images, classes, options, repeat)
    if filling == "real":
        return images[np.concatenate(drawn)]
    if filling == "oversampling":
        tail = zip(drawn, counts(classes, options), strict=True)
        return images[np.concatenate([np.resize(index[:n], options.most) for index, n in tail])]
    return long_tail(images, classes, options, repeat)


def missing(classes: int, options: TailOptions) -> np.ndarray:
    """Give the labels of the images that the tail lacks, in order."""
    return np.repeat(np.arange(classes), options.most - counts(classes, options))


def joined(one: Images, other: Images) -> Images:
    """Join two sets of images."""
    return Images(np.concatenate([one.pixels, other.pixels]), np.concatenate([one.labels, other.labels]))

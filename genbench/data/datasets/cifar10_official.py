"""CIFAR-10 with `reference` as its own test images: for comparison with published numbers.

The images of :mod:`genbench.data.datasets.cifar10`. There the splits are drawn from all 60,000; here the 10,000 of the
test batch are the reference, as in compare_gan (Kurach, Lucic, Zhai, Michalski, Gelly, "A large-scale study on
regularization and normalization in GANs", 2019), and the other splits are drawn from the 50,000 training images.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from genbench.data.datasets import Dataset, cifar10
from genbench.data.datasets._official import numbers
from genbench.data.images import Images
from genbench.data.splits import SPLITS

TEST = 10_000


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """Load all 60,000 images, the test batch last."""
    return cifar10.load(source=source, size=size, channels=channels)


def split(dataset: Dataset, shares: Mapping[str, int | float], rng: np.random.Generator) -> dict[str, Images]:
    """Divide as `shares` says, in numbers of images; `reference` is all of the test batch, in its own order.

    The other splits are disjoint, shuffled and, the classes being of one size, stratified to within one image.
    """
    sizes = numbers(shares, len(dataset.images), TEST)
    training = dataset.images[: len(dataset.images) - TEST]
    shuffled = training[rng.permutation(len(training))]
    dealt = shuffled[np.argsort(_rank(shuffled.labels), kind="stable")]  # one of each class, another of each class, ...
    ends = np.cumsum(list(sizes.values()))
    splits = {
        name: dealt[end - size + rng.permutation(size)] for (name, size), end in zip(sizes.items(), ends, strict=True)
    }
    return {name: splits[name] if name in splits else dataset.images[-TEST:] for name in SPLITS}


def _rank(labels: np.ndarray) -> np.ndarray:
    """Number the images of each class from 0, in their order, (N,) int64."""
    order = np.argsort(labels, kind="stable")
    _, first, counts = np.unique(labels[order], return_index=True, return_counts=True)
    ranks = np.empty(len(labels), np.int64)
    ranks[order] = np.arange(len(labels)) - np.repeat(first, counts)
    return ranks

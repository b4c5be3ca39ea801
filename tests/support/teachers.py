"""Tiny teachers whose every image can be listed: 2 × 2 pixels of 3 levels, of the code of the large ones.

With them the metrics that are given a teacher, and images for them.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from genbench.data.features import FeatureProtocol, Features
from genbench.data.teachers import Teacher, mixture, values
from genbench.data.teachers.autoregressive import Autoregressive, sizes
from genbench.data.teachers.mixture import Mixture
from genbench.find import find, members
from genbench.metrics import is_truth

SHAPE, LEVELS, CLASSES = (1, 2, 2), 3, 3
SHARES = np.array([0.5, 0.3, 0.2])


def tiny(kind: str) -> Teacher:
    """Make a teacher of random weights: "autoregressive" or "mixture"."""
    rng = np.random.default_rng(7)
    if kind == "autoregressive":
        weights = {name: rng.normal(size=size) for name, size in sizes(SHAPE, LEVELS, CLASSES, 8).items()}
        return Autoregressive(weights, SHAPE, LEVELS, SHARES, temperature=0.9)
    classes = np.array([0, 0, 1, 2, 2, 2])
    weights = SHARES[classes] * np.array([0.4, 0.6, 1, 0.2, 0.3, 0.5])
    return Mixture(rng.random((6, 4)), weights, classes, SHAPE, LEVELS)


def every_image() -> np.ndarray:
    """List all images of the tiny teachers, (81, 1, 2, 2) uint8."""
    index = np.array(list(product(range(LEVELS), repeat=4)))
    return values(LEVELS)[index].reshape(-1, *SHAPE)


def place_of(images: np.ndarray) -> np.ndarray:
    """Give where images stand in the list of :func:`every_image`, (N,)."""
    index = np.searchsorted(values(LEVELS), images.reshape(len(images), -1))
    place: np.ndarray = index @ LEVELS ** np.arange(3, -1, -1)
    return place


def truths() -> list[str]:
    """List the metrics that are given the teacher."""
    return [name for name in members("metrics") if is_truth(find("metrics", name).compute, name)]


def known_features(n: int, seed: int) -> Features:
    """Make features by the extractor pixels of n images of known_digits_mixture, with their labels."""
    images = mixture.load().sample(n, np.random.default_rng(seed))
    vectors = (images.pixels.reshape(n, -1) / 255).astype(np.float32)
    protocol = FeatureProtocol(extractor="pixels", dataset="known_digits_mixture")
    return Features(vectors, labels=images.labels, protocol=protocol)

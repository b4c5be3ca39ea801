"""Datasets that are drawn from a teacher: as many images as are asked for, of a distribution that is known.

The images of a split have their classes in the shares that the teacher gives them, to within one image, as the splits
of every other dataset are stratified: the floor compares a stratified set with one whose classes are drawn, and fresh
draws of the teacher, whose classes are drawn, score that floor. Given its class each image is a draw of its own,
independent of every other on all sides.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from genbench.data.datasets import Dataset
from genbench.data.images import Images
from genbench.data.splits import SPLITS
from genbench.data.teachers import Teacher
from genbench.errors import InputError, unknown

MOST = 1_000_000  # images of a split


def dataset(teacher: Teacher, *, size: int | None, channels: int | None) -> Dataset:
    """Describe the images of a teacher; there are none before :func:`split` draws them. Other sizes are refused."""
    _refuse_shape(teacher, size, channels)
    none = Images(np.empty((0, *teacher.shape), np.uint8), np.empty(0, np.int64))
    return Dataset(none, tuple(str(digit) for digit in range(len(teacher.shares))), teacher.levels)


def refuse(teacher: Teacher, *, size: int | None, channels: int | None, shares: Mapping[str, int | float]) -> None:
    """Refuse sizes that the images do not have, and splits that cannot be drawn."""
    _refuse_shape(teacher, size, channels)
    for name in shares:
        if name not in SPLITS:
            raise unknown("split", name, SPLITS)
    for name in SPLITS:
        number = shares.get(name)
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MOST:
            raise InputError(f"data.split.{name}: expected a number of images to draw, 1 to {MOST}, got {number!r}")


def _refuse_shape(teacher: Teacher, size: int | None, channels: int | None) -> None:
    for key, asked, there in (("pixels", size, teacher.shape[2]), ("channels", channels, teacher.shape[0])):
        if asked not in (None, there):
            raise InputError(f"data.{key}: expected {there}, of images whose probability is known; got {asked}")


def split(teacher: Teacher, shares: Mapping[str, int | float], rng: np.random.Generator) -> dict[str, Images]:
    """Draw the splits; shares: for each of `SPLITS` a number of images."""
    refuse(teacher, size=None, channels=None, shares=shares)
    labels = {name: rng.permutation(stratified(int(shares[name]), teacher.shares)) for name in SPLITS}
    return {name: teacher.sample(len(labels[name]), rng, labels[name]) for name in SPLITS}


def stratified(n: int, shares: np.ndarray) -> np.ndarray:
    """List n labels, sorted, of numbers within one of n · shares: the whole parts, and one for largest remainders."""
    counts = np.floor(n * shares).astype(np.int64)
    counts[np.argsort(counts - n * shares, kind="stable")[: n - counts.sum()]] += 1
    return np.repeat(np.arange(len(shares)), counts)

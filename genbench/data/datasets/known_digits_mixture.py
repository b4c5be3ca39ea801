"""Digits of 8 × 8 pixels and 17 grey levels whose distribution is known: draws of the teacher `mixture`.

Numbers of images in `data.split` say how many are drawn; `data.seed` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from genbench.data.datasets import Dataset, _known
from genbench.data.images import Images
from genbench.data.teachers import Teacher, mixture


def teacher() -> Teacher:
    """Load the distribution of the images."""
    return mixture.load()


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """Describe the images, none of which are drawn yet; `source` is not used."""
    return _known.dataset(teacher(), size=size, channels=channels)


def refuse(*, size: int | None, channels: int | None, shares: Mapping[str, int | float]) -> None:
    """Raise an InputError for sizes and splits that cannot be drawn."""
    _known.refuse(teacher(), size=size, channels=channels, shares=shares)


def split(dataset: Dataset, shares: Mapping[str, int | float], rng: np.random.Generator) -> dict[str, Images]:
    """Draw the images of each split, stratified by class; shares: numbers of images."""
    return _known.split(teacher(), shares, rng)

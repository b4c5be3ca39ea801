"""Facts about a dataset before a run: what a folder's names, options and an earlier preparation say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from genbench.data.images import Shape
from genbench.data.sides import Pairs


@dataclass(frozen=True)
class Known:
    """Facts about a dataset; None is for what is not known yet.

    shape: (C, H, W) of an image. classes: their names, () where there are none. counts: number of images by split.
    by_class: the same of each class, by split, where there are classes. pairs: the kind of the training data.
    """

    dataset: str
    shape: Shape | None = None
    classes: tuple[str, ...] | None = None
    counts: Mapping[str, int] | None = None
    by_class: Mapping[str, tuple[int, ...]] | None = None
    pairs: Pairs | None = None

    def count(self, split: str) -> int | None:
        """Return the number of images of a split."""
        return None if self.counts is None else self.counts.get(split)

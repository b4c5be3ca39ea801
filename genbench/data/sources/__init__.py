"""Images of anybody's: a folder, an archive or an array, read one at a time, never all in memory.

This is the contract; :mod:`genbench.data.sources.location` finds out what there is at a location.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genbench.errors import InputError


@dataclass(frozen=True)
class Item:
    """One image.

    pixels: (C, H, W) uint8, C 1 or 3, 1 where it is grey. label: -1 where unknown. path: the parts of a picture's path
    within the source, None of an image that is no file.
    """

    pixels: np.ndarray
    label: int = -1
    path: tuple[str, ...] | None = None


#: What happens to an image that cannot be read: raises the error, or notes it and returns.
Broken = Callable[[InputError], None]


def fatal(error: InputError) -> None:
    """Raise the error of an image that cannot be read, which ends the reading."""
    raise error


class Source(ABC):
    """A set of images.

    location: how the user names it. dataset, split: of a prepared dataset, "" otherwise. names: of its classes, by
    label, () where it has none.
    """

    dataset: str = ""
    split: str = ""
    names: tuple[str, ...] = ()

    def __init__(self, location: str) -> None:
        self.location = location

    @abstractmethod
    def digest(self) -> str:
        """Compute a SHA-256 of what the images are made from: equal digests have equal images in equal order."""

    @abstractmethod
    def count(self) -> int | None:
        """Count the images, with those that cannot be read; None if only reading all would tell."""

    @abstractmethod
    def items(self, broken: Broken = fatal) -> Iterator[Item]:
        """Read the images in a fixed order; an error of one goes to `broken`, an error of all is raised."""

    def classes(self, items: Sequence[Item]) -> tuple[tuple[str, ...], np.ndarray | None]:
        """Give the names of classes, and the label (N,) int64 of each image, None where an image has none.

        items: all that were read, in any case without their pixels. An InputError where a label is too large.
        """
        labels = [item.label for item in items]
        if max(labels) >= 2**63:
            raise InputError(f"{self.location}: expected labels below 2**63, got {max(labels)}")
        return self.names, np.array(labels, np.int64) if min(labels) >= 0 else None

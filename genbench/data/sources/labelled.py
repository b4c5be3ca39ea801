"""Labels of pictures' files: of dataset.json where there is one, else of the folders that they are in.

dataset.json is what StyleGAN's dataset_tool.py puts into a zip file or folder: {"labels": [["00000/0.png", 3], ...]},
or null for them. Its folders are no classes, but a thousand pictures each. It may lie in a folder that is around all.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

import numpy as np

from genbench.data.classes import of_folders
from genbench.data.sources import Item, Source

log = logging.getLogger(__name__)

INDEX = "dataset.json"
LARGEST = 1 << 28  # bytes of it


class Files(Source):
    """A source of pictures' files."""

    index: bytes | None = None  # the content of dataset.json, which may be known only after the pictures
    root: tuple[str, ...] = ()  # the folder that it is in

    def classes(self, items: Sequence[Item]) -> tuple[tuple[str, ...], np.ndarray | None]:
        paths = [item.path or () for item in items]
        depth = len(self.root)
        labels = self._listed() if all(path[:depth] == self.root for path in paths) else None
        if labels is None:
            return of_folders([path[:-1] for path in paths])
        found = [labels.get("/".join(path[depth:]), -1) for path in paths]
        if min(found) < 0:
            if labels:
                log.warning("%s: %s has no label of some pictures, so none has one", self.location, INDEX)
            return (), None
        return (), np.array(found, np.int64)

    def _listed(self) -> dict[str, int] | None:
        """Give the labels by path that dataset.json lists, {} where it says that there are none; None without one."""
        if self.index is None:
            return None
        try:
            labels = json.loads(self.index)["labels"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None  # a file of the same name, of anything else
        try:
            pairs = [(str(path), label) for path, label in labels or []]
        except (ValueError, TypeError):
            pairs = []
        return {path: label for path, label in pairs if isinstance(label, int) and 0 <= label < 2**63}


def roots(paths: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """List the folders that are around all pictures, from the outermost: where dataset.json may be.

    paths: of the pictures, at least one.
    """
    first, last = min(paths), max(paths)  # what these two share, all share
    found: list[tuple[str, ...]] = [()]
    for one, other in zip(first[:-1], last[:-1], strict=False):
        if one != other:
            break
        found.append((*found[-1], one))
    return found

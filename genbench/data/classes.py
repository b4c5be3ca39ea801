"""Classes of pictures, which are the folders that they are in."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

log = logging.getLogger(__name__)

SHOWN = 12  # classes in one line


def of_folders(folders: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], np.ndarray | None]:
    """Return the names of classes, in their order, and the label (N,) int64 of each picture.

    folders: those that each picture is in, the outermost first. Folders around everything are passed over, as long as
    all pictures are in folders below; the next ones are the classes. () and None where a picture is in none.
    """
    if not all(folders):
        if any(folders):
            log.warning("pictures have no labels, for some of them are in no subfolder")
        return (), None
    shared = 0
    while len({parts[shared] for parts in folders}) == 1 and all(len(parts) > shared + 1 for parts in folders):
        shared += 1
    if shared:
        log.info("the classes are the folders in %s, in which all pictures are", "/".join(folders[0][:shared]))
    names, labels = np.unique([parts[shared] for parts in folders], return_inverse=True)
    return tuple(str(name) for name in names), labels.astype(np.int64)


def numbers(classes: Sequence[str], counts: Sequence[int]) -> str:
    """Write classes with their numbers of pictures: "3 classes: circle 67, square 67, star 66"."""
    if not classes:
        return "no classes"
    each = [f"{name} {count}" for name, count in zip(classes, counts, strict=True)]
    shown = each[:SHOWN] + [f"and {len(each) - SHOWN} more"] * (len(each) > SHOWN)
    return f"{len(classes)} class{'es' * (len(classes) > 1)}: {', '.join(shown)}"

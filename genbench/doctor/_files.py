"""The files of the checkout, without what tools keep in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

#: Folders that hold what others look after.
LEFT_OUT = {".git", ".venv", ".dvc", ".genbench", "__pycache__", "build", "dist"}
#: Names that are looked at: a folder of a million pictures would take minutes.
MOST = 100_000


def files(root: Path = Path()) -> Iterator[os.DirEntry[str]]:
    """Files and folders below `root`, MOST at the most; links are not followed."""
    return islice(_walk(os.fspath(root)), MOST)


def _walk(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        if entry.name in LEFT_OUT or entry.name.endswith("_cache"):
            continue
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)

"""DVC's cache on another file system than the checkout, from which every output is copied instead of linked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding, _settings


def find() -> Iterator[Finding]:
    """That it is, and that `cache.type` allows no links across file systems."""
    cache, links = _settings.cache(), _settings.links()
    there = next(folder for folder in (cache.absolute(), *cache.absolute().parents) if folder.exists())
    if there.stat().st_dev != Path().stat().st_dev and "symlink" not in links:
        yield Finding(
            "warning",
            f"{cache}: DVC's cache is on another file system than this checkout, and cache.type is {','.join(links)}: "
            "every output is copied, and kept twice",
            "dvc config --local cache.type symlink, or `dvc cache dir --local FOLDER` on the checkout's file system",
        )

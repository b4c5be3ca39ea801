"""The objects of DVC's cache, each hashed: minutes where there are gigabytes, so that it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.cache_check import corrupt
from genbench.doctor import Finding, _settings


def find() -> Iterator[Finding]:
    """Each that is not what its name says, which DVC would check out in silence."""
    for path in corrupt(_settings.cache()):
        what = f"{path}: corrupt: its bytes are not what its name says, and DVC would check it out all the same"
        yield Finding("error", what, "genbench cache --remove && dvc repro")

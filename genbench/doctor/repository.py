"""The git repository that DVC, the fan-out, experiments and comparisons work in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding
from genbench.pipeline import repository


def find(*, folder: Path = Path()) -> Iterator[Finding]:
    """Find that git does not serve this checkout, or has no commit of it."""
    if found := repository.fault(folder):
        yield Finding("error" if found.stops else "warning", found.message, found.fix)

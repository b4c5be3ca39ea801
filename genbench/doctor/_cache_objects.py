"""Objects of DVC's caches, each hashed. It takes minutes where there are gigabytes, so it runs only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.dag import cache
from genbench.data.paths import LABORATORY
from genbench.doctor import Finding

#: The fix of a corrupt object, by the DVC project that it belongs to.
FIXES = {
    Path(): "genbench cache --remove && dvc repro",
    LABORATORY: f"(cd {LABORATORY} && genbench cache --remove) && make lab",
}


def find() -> Iterator[Finding]:
    """Find the objects whose bytes have another hash than their name says; DVC would check them out in silence."""
    for project, fix in FIXES.items():
        for path in cache.corrupt(cache.folder(project)):
            yield Finding("error", f"{path}: corrupt: its bytes do not fit its name, and DVC would check it out", fix)

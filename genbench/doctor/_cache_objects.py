"""The objects of DVC's caches, each hashed: minutes where there are gigabytes, so that it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.dag.cache import corrupt
from genbench.data.paths import LABORATORY
from genbench.doctor import Finding, _settings

#: What makes a corrupt object anew, by the DVC project that it is of.
MENDS = {
    Path(): "genbench cache --remove && dvc repro",
    LABORATORY: f"(cd {LABORATORY} && genbench cache --remove) && make lab",
}


def find() -> Iterator[Finding]:
    """Each that is not what its name says, which DVC would check out in silence."""
    for project, mend in MENDS.items():
        for path in corrupt(_settings.cache(project)):
            what = f"{path}: corrupt: its bytes are not what its name says, and DVC would check it out all the same"
            yield Finding("error", what, mend)

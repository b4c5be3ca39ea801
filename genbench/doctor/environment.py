"""Installed versions against environment.yaml, by which the published results were made: stages refuse other ones."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.doctor import Finding
from genbench.pipeline import environment


def find() -> Iterator[Finding]:
    """Those that differ, of what computes and of what draws."""
    for kind in environment.KINDS:
        if differ := environment.differences(getattr(environment.load(), kind)):
            named = ", ".join(f"{kind}.{text}" for text in environment.describe(differ))
            what = f"{environment.FILE}: stages refuse: {named}"
            yield Finding("error", what, environment.remedy({kind: differ}))

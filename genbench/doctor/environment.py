"""Installed versions against environment.yaml, with which the published results were made: stages refuse others."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.doctor import Finding
from genbench.pipeline import environment


def find() -> Iterator[Finding]:
    """Find the versions that differ, in one line for `computes` and one for `draws`."""
    for kind in environment.KINDS:
        if differ := environment.differences(getattr(environment.load(), kind)):
            versions = ", ".join(f"{kind}.{text}" for text in environment.describe(differ))
            message = f"{environment.FILE}: stages refuse: {versions}"
            yield Finding("error", message, environment.remedy({kind: differ}))

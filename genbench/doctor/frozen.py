"""Stages that are frozen, which no change of code or params reruns."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.doctor import Finding
from genbench.doctor._pipelines import written


def find() -> Iterator[Finding]:
    """Each of them: what it wrote stays as it is, whatever it was made from."""
    for stage in written():
        if stage.values.get("frozen"):
            yield Finding(
                "warning",
                f"{stage}: frozen: true, so that its outputs stay whatever changes",
                f"delete frozen in {stage.file}, or `dvc unfreeze {stage.name}`",
            )

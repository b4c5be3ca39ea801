"""Where a report comes from: the version of genbench, its licence, and the commit whose code made it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from genbench.errors import InputError
from genbench.pipeline import repository

CODE = ("genbench", "stages", "runs", "dvc.yaml", "environment.yaml")  # what a commit must hold to have made the report


@dataclass(frozen=True)
class Identity:
    """Origin of a report. commit, day: short hash and ISO date, "" without one. changed: the code differs from it."""

    commit: str = ""
    day: str = ""
    changed: bool = False

    @property
    def version(self) -> str:
        """Version of the package that is installed."""
        return metadata.version("genbench")

    @property
    def licence(self) -> str:
        """Licence of the package, as SPDX names it."""
        return str(metadata.metadata("genbench")["License-Expression"])


def identity() -> Identity:
    """Ask git for the commit of the current folder; a folder without git, or without a commit, has none."""
    try:
        shown = repository.git("log", "-1", "--format=%h %cs")
        if shown.returncode or not shown.stdout.strip():
            return Identity()
        commit, day = shown.stdout.decode().split()
        status = repository.git("status", "--porcelain", "--", *CODE)
    except InputError:
        return Identity()
    return Identity(commit, day, bool(status.stdout.strip()))

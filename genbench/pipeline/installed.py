"""Make environment.yaml name the versions that are installed."""

from __future__ import annotations

from pathlib import Path

from genbench.errors import InputError
from genbench.files.atomic import write_text
from genbench.files.section import read_text
from genbench.files.yaml import overridden
from genbench.pipeline.environment import FILE, Difference, differences, load


def write(folder: Path = Path()) -> list[Difference]:
    """Write them into a project's environment.yaml, comments kept; gives what differed before.

    A package that is not installed is an InputError, and nothing is written.
    """
    changed = {kind: differences(versions) for kind, versions in load(folder).model_dump().items()}
    every = [one for differ in changed.values() for one in differ]
    if missing := [one.name for one in every if one.installed == "none"]:
        raise InputError(f"{FILE}: not installed: {', '.join(missing)}; pip install {' '.join(missing)}")
    if every:
        values = {kind: {one.name: one.installed for one in differ} for kind, differ in changed.items()}
        write_text(folder / FILE, overridden(read_text(folder / FILE), values))
    return every

"""Make environment.yaml name the versions that are installed."""

from __future__ import annotations

from pathlib import Path

from genbench.errors import InputError
from genbench.files.atomic import write_text
from genbench.files.section import read_text
from genbench.files.yaml import overridden
from genbench.pipeline.environment import FILE, Difference, differences, load


def write(folder: Path = Path()) -> list[Difference]:
    """Write the installed versions into a project's environment.yaml, comments kept, and return what differed before.

    A package that is not installed is an InputError, and nothing is written.
    """
    changed = {kind: differences(versions) for kind, versions in load(folder).model_dump().items()}
    everything = [difference for kind in changed.values() for difference in kind]
    if missing := [difference.name for difference in everything if difference.installed == "none"]:
        raise InputError(f"{FILE}: not installed: {', '.join(missing)}; pip install {' '.join(missing)}")
    if everything:
        values = {kind: {name: installed for name, _, installed in differing} for kind, differing in changed.items()}
        write_text(folder / FILE, overridden(read_text(folder / FILE), values))
    return everything

"""Where a command writes to, looked at before it begins to work."""

from __future__ import annotations

from pathlib import Path

from genbench.errors import InputError
from genbench.files.require_file import kind_of


def require_file(option: str, path: Path | None) -> None:
    """Refuse what is there and no file (a folder, a device), and what cannot be a path; None is asked for nothing."""
    if path is None:
        return
    there = kind_of(path)
    if there not in ("nothing", "a file"):
        raise InputError(f"{option} {path}: expected a file to write, there is {there}")
    above = next(place for place in path.parents if kind_of(place) != "nothing")
    if kind_of(above) != "a folder":
        raise InputError(f"{option} {path}: cannot be written, for {above} is {kind_of(above)}")


def require_folder(option: str, path: Path) -> None:
    """Refuse what is there and no folder, and a folder without a name of its own, as `.` is."""
    there = kind_of(path)
    if there not in ("nothing", "a folder"):
        raise InputError(f"{option} {path}: expected a folder to write, there is {there}")
    if not path.name:
        raise InputError(f"{option} {path}: expected a folder by its name")

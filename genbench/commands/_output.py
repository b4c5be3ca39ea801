"""Checks of the path that a command writes, made before it begins to work."""

from __future__ import annotations

from pathlib import Path

from genbench.errors import InputError
from genbench.files.require_file import kind_of


def require_file(option: str, path: Path | None) -> None:
    """Refuse a path that is no file (a folder, a device) or that cannot be written; None stands for no output."""
    if path is None:
        return
    kind = kind_of(path)
    if kind not in ("nothing", "a file"):
        raise InputError(f"{option} {path}: expected a file to write, there is {kind}")
    above = next(parent for parent in path.parents if kind_of(parent) != "nothing")
    if kind_of(above) != "a folder":
        raise InputError(f"{option} {path}: cannot be written, for {above} is {kind_of(above)}")


def require_folder(option: str, path: Path) -> None:
    """Refuse a path that is no folder, and a folder without a name of its own, such as `.`."""
    kind = kind_of(path)
    if kind not in ("nothing", "a folder"):
        raise InputError(f"{option} {path}: expected a folder to write, there is {kind}")
    if not path.name:
        raise InputError(f"{option} {path}: expected a folder by its name")

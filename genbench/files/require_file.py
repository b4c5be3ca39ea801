"""Refuse what is no ordinary file before it is opened.

Opening a FIFO waits until somebody writes to it, and a device such as /dev/zero has no end: either would hang a reader
or fill its memory.
"""

from __future__ import annotations

import stat
from io import BufferedReader
from pathlib import Path

from genbench.errors import InputError

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def require_file(path: Path) -> None:
    """Refuse a path, links followed, that leads to no ordinary file; the InputError says what is there."""
    kind = kind_of(path)
    if kind == "nothing":
        raise InputError(f"{path}: no such file")
    if kind != "a file":
        raise InputError(f"{path}: expected a file, there is {kind}")


def kind_of(path: Path) -> str:
    """Name what a path leads to, links followed: "a file", "a folder", "nothing" ...

    A path that cannot be looked up (a loop of links, a name too long, a NUL in it) is an InputError.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "nothing"
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable: {getattr(error, 'strerror', None) or error}") from error
    return "a file" if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "no file")


def open_file(path: Path) -> BufferedReader:
    """Open an ordinary file for reading; where that cannot be done, an InputError says why."""
    require_file(path)
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: not readable: {error.strerror or error}") from error

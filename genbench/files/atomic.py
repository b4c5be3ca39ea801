"""Files written whole or not at all, in formats that cannot run code.

Every writer goes through :func:`atomic`: the bytes land in a temporary neighbour, are flushed to disk and take the
final name in one rename, so that a kill or a full disk leaves the earlier file as it was.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.files.require_file import open_file, require_file


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it becomes `path`, on failure it is removed.

    A full or read-only disk is reported as an :class:`InputError` that names the file.
    """
    path = Path(path)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield scratch
        with scratch.open("rb+") as file:
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or f'{error} (is the disk full?)'}") from error
    finally:
        with suppress(OSError):  # what cannot be removed, such as a file below a file, is not there either
            scratch.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, with plain newlines on every system; a file's name that is no text is escaped."""
    with atomic(path) as scratch:
        scratch.write_bytes(text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically: sorted keys and shortest-repr floats, so equal values are equal bytes.

    NaN and infinity are refused by the encoder (they are not JSON); write None for a value that does not exist.
    """
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON; a missing or malformed file is an InputError that names it."""
    require_file(Path(path))
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON: {error}") from error


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal; a file that cannot be read is an InputError that names it."""
    with open_file(Path(path)) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

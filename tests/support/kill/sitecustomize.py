"""Signals by name: a process and its group are killed or stopped right before it changes something on the disk.

Python imports a module of this name by itself when it starts, so that with this folder on PYTHONPATH the real commands
run, unchanged. MOMENT is JSON: see tests/support/chaos.py.
"""

from __future__ import annotations

import fnmatch
import json
import os
import signal
import sys
from typing import Any

#: Audit events that change something on the disk, and which of their arguments is the path.
CHANGES = {"os.rename": 1, "os.remove": 0, "os.rmdir": 0, "os.mkdir": 0, "os.truncate": 0, "open": 0}


def changed(event: str, args: tuple[Any, ...]) -> str | None:
    """Return the path that an event changes, below the current folder; None for any other event."""
    if event not in CHANGES or not isinstance(args[CHANGES[event]], str | bytes | os.PathLike):
        return None
    if event == "open" and not args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
        return None
    path = os.fsdecode(args[CHANGES[event]])
    path = os.path.relpath(path) if path.startswith("/") else path
    return None if path.startswith("..") else path


def arm(at: str, pattern: str, passes: int, cut: bool, signal_name: str) -> None:
    """Signal this process group once, before the event of that name on a path that matches, when some have passed."""
    left = passes

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event != at or (path := changed(event, args)) is None or not fnmatch.fnmatch(path, pattern):
            return
        left -= 1
        if left != -1:
            return
        if cut:
            with open(path, "rb+") as file:  # noqa: PTH123
                file.truncate(os.fstat(file.fileno()).st_size // 2)
        os.killpg(0, signal.Signals[signal_name])

    sys.addaudithook(hook)


if os.environ.get("MOMENT"):
    arm(**json.loads(os.environ["MOMENT"]))

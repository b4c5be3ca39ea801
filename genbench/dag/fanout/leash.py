"""Processes that end when the one that started them does, however it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


def start(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a process that holds to :func:`hold`, in a group of its own; what it prints goes to `log`."""
    return subprocess.Popen(
        words,
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def hold() -> None:
    """In the process that was started: end it, and its group, when the other end of its standard input is gone."""
    leash = os.dup(sys.stdin.fileno())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # what this process starts must not read it
    threading.Thread(target=_wait, args=(leash,), daemon=True).start()


def _wait(leash: int) -> None:
    os.read(leash, 1)
    os.killpg(0, signal.SIGKILL)

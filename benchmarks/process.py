"""The cost of a process."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """Of a process: seconds on the wall and of the processor, and the most bytes of memory that it held."""

    seconds: float
    processor_seconds: float
    peak_bytes: int


def usage(name: str, words: Sequence[str], environment: Mapping[str, str], *, errors: bool = True) -> Usage:
    """Run a command to its end without its output; a failure is a RuntimeError with `name`. errors: show its errors."""
    started = time.perf_counter()
    stderr = None if errors else subprocess.DEVNULL
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=stderr)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{name}: exit status {process.returncode}")
    return Usage(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)

"""Cores of this machine."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Count the cores that this process may use, which is the number of cells that `genbench fanout` runs at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

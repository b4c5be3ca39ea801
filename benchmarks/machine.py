"""The machine of a benchmark."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def processor() -> str:
    """Name the processor and its number of cores."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()}, {os.cpu_count()} cores"
    return platform.processor()

"""Memory for cells side by side, by what trainings have taken."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from genbench.data.paths import Paths
from genbench.doctor import Finding
from genbench.doctor.disk import human
from genbench.doctor.threads import usable_cores
from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.pipeline import params

#: What processes may still take, and a container's limit: bytes, or "max".
AVAILABLE = Path("/proc/meminfo")
LIMIT = Path("/sys/fs/cgroup/memory.max")


def find(*, available: Path = AVAILABLE, limit: Path = LIMIT, jobs: int | None = None) -> Iterator[Finding]:
    """That as many cells as `genbench fanout` runs at a time, the largest there were, would not fit. jobs: how many."""
    p = params.load()
    paths = Paths(p.dataset)
    peaks = [_peak(paths.cost(run, seed, "train")) for run in p.enabled for seed in p.seeds]
    largest, jobs, room = max(peaks), jobs or usable_cores(), min(_available(available), _limit(limit))
    if p.hardware.accelerator == "cpu" and largest * jobs > room:
        what = (
            f"genbench fanout: {jobs} cells at a time of up to {human(largest)} each, {human(room)} of memory to take"
        )
        yield Finding("warning", what, f"genbench fanout --jobs {max(1, int(room // largest))}")


def _peak(path: Path) -> int:
    """What a training took at most, 0 where that was not recorded."""
    try:
        return int(read_json(path)["peak_memory_bytes"])
    except (InputError, KeyError, TypeError, ValueError):
        return 0


def _available(file: Path) -> float:
    text = file.read_text(encoding="ascii") if file.is_file() else ""
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else math.inf


def _limit(file: Path) -> float:
    text = file.read_text(encoding="ascii").strip() if file.is_file() else "max"
    return math.inf if text == "max" else int(text)

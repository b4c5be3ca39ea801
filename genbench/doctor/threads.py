"""Threads: whether those that params.yaml asks for, and cells side by side, fit this machine and its settings.

Float sums depend on the number of threads, so every stage sets its own from params.yaml, over what the environment
says; only OMP_THREAD_LIMIT is above it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from genbench.doctor import Finding
from genbench.pipeline import params

#: A container's share of the processor: microseconds of work in how many, or "max".
QUOTA = Path("/sys/fs/cgroup/cpu.max")
SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def find(
    *, environment: Mapping[str, str] = os.environ, quota: Path = QUOTA, cores: int | None = None
) -> Iterator[Finding]:
    """What does not fit. cores: that this process may use; quota: how much of their time."""
    threads = params.load().threads
    cores = cores or usable_cores()
    allowed = min(cores, _allowed(quota))
    limit = environment.get("OMP_THREAD_LIMIT", "")
    if limit.isdecimal() and int(limit) < threads:
        what = f"OMP_THREAD_LIMIT={limit}: params.yaml asks for threads: {threads}, and sums come out otherwise"
        yield Finding("error", what, "unset OMP_THREAD_LIMIT")
    for name in SETTINGS:
        value = environment.get(name, str(threads))
        if value != str(threads):
            what = f"{name}={value}, params.yaml: threads: {threads}; stages take that of params.yaml, all else this"
            yield Finding("note", what, f"unset {name}, or export {name}={threads}")
    if threads > allowed:
        what = f"params.yaml: threads: {threads}, more than the {allowed} cores of this machine"
        yield Finding("warning", what, f"set threads: {allowed} in params.yaml; results may change in the last digits")
    if params.load().hardware.accelerator == "cpu" and cores * threads > allowed and threads <= allowed:
        what = f"genbench fanout: {cores} cells at a time of {threads} threads each, for {allowed} cores"
        yield Finding("warning", what, f"genbench fanout --jobs {max(1, allowed // threads)}")


def usable_cores() -> int:
    """Those that this process may use: as many cells does `genbench fanout` run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _allowed(quota: Path) -> float:
    """The cores that a container may use, infinite where it has no limit."""
    words = quota.read_text(encoding="ascii").split() if quota.is_file() else ["max"]
    return math.inf if words[0] == "max" else max(1, int(words[0]) // int(words[1]))

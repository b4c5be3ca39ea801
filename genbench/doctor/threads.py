"""Threads that params.yaml asks for, and cells side by side, against this machine and its settings.

Float sums depend on the number of threads, so every stage sets its own from params.yaml, whatever the environment sets;
only OMP_THREAD_LIMIT is above it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from genbench.doctor import Finding
from genbench.pipeline import params
from genbench.pipeline.cores import usable_cores

#: A container's share of the processor: microseconds of work, or "max", and of the period that they are counted in.
QUOTA = Path("/sys/fs/cgroup/cpu.max")
SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def find(
    *, environment: Mapping[str, str] = os.environ, quota: Path = QUOTA, cores: int | None = None
) -> Iterator[Finding]:
    """Find settings that do not fit. cores: those that this process may use; quota: the share of their time."""
    threads = params.load().threads
    cores = cores or usable_cores()
    allowed = min(cores, _allowed(quota))
    limit = environment.get("OMP_THREAD_LIMIT", "")
    if limit.isdecimal() and int(limit) < threads:
        message = f"OMP_THREAD_LIMIT={limit}: params.yaml asks for threads: {threads}, and sums come out differently"
        yield Finding("error", message, "unset OMP_THREAD_LIMIT")
    for name in SETTINGS:
        value = environment.get(name, str(threads))
        if value != str(threads):
            message = f"{name}={value}, params.yaml: threads: {threads}; stages obey params.yaml, all else obeys {name}"
            yield Finding("note", message, f"unset {name}, or export {name}={threads}")
    if threads > allowed:
        message = f"params.yaml: threads: {threads}, more than the {allowed} cores of this machine"
        yield Finding(
            "warning", message, f"set threads: {allowed} in params.yaml; results may change in the last digits"
        )
    if params.load().hardware.accelerator == "cpu" and cores * threads > allowed and threads <= allowed:
        message = f"genbench fanout: {cores} cells at a time of {threads} threads each, for {allowed} cores"
        yield Finding("warning", message, f"genbench fanout --jobs {max(1, allowed // threads)}")


def _allowed(quota: Path) -> float:
    """Return the number of cores that a container may use, infinite where it has no limit."""
    words = quota.read_text(encoding="ascii").split() if quota.is_file() else ["max"]
    return math.inf if words[0] == "max" else max(1, int(words[0]) // int(words[1]))

"""Files that killed processes left: half-written files, unreadable checkpoints, clones of workers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from genbench.data.paths import CODE, LABORATORY, REPORTS
from genbench.doctor import Finding, Severity
from genbench.doctor._processes import alive
from genbench.files.scratch import SCRATCH

#: Numbers of processes are those of this host.
UNLESS = ", if no other host works in this folder"
FANOUT = Path(".genbench/fanout")  # as genbench.dag.fanout.run has it, which would import torch
OUTPUTS = (CODE, Path("data"), REPORTS, LABORATORY)


def find() -> Iterator[Finding]:
    """Find each of them, without files that are still being written and checkpoints that training can go on from."""
    for part in sorted(part for folder in (*OUTPUTS, SCRATCH) for part in folder.rglob(".*.part")):
        pid = re.fullmatch(r"\..+\.(\d+)\.part", part.name)
        if pid and not alive(int(pid[1])):
            severity: Severity = "note" if SCRATCH in part.parents else "warning"
            yield Finding(severity, f"{part}: half written, by process {pid[1]}, which is dead", f"rm {part}{UNLESS}")
    for checkpoint in sorted(SCRATCH.rglob("*.safetensors")):
        if error := _unreadable(checkpoint):
            yield Finding("note", f"{checkpoint}: {error}: its training starts anew", f"rm {checkpoint}")
    for folder in sorted(FANOUT.glob("*-*/")):
        number = folder.name.partition("-")[0]
        if number.isdecimal() and not alive(int(number)):
            message = f"{folder}: clones of a fanout, process {number}, which is dead"
            yield Finding("note", message, f"rm -r {folder}{UNLESS}")


def _unreadable(path: Path) -> str:
    """Return the fault of a safetensors file, "" if there is none; its head says where its last byte is."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np"):
            return ""
    except (OSError, SafetensorError) as error:
        return f"not readable: {error}"

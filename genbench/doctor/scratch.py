"""What killed processes left: half-written files, checkpoints that cannot be read, clones of workers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding, _files
from genbench.doctor._processes import alive
from genbench.files.scratch import SCRATCH

#: Numbers of processes are this host's.
UNLESS = ", if no other host works in this folder"
FANOUT = Path(".genbench/fanout")  # as genbench.dag.fanout.run has it, which would import torch


def find() -> Iterator[Finding]:
    """Each of them; what can be gone on from, or is still being written, is left alone."""
    for path in [*(Path(entry.path) for entry in _files.files()), *SCRATCH.rglob("*")]:
        part = re.fullmatch(r"\..+\.(\d+)\.part", path.name)
        if part and not alive(int(part[1])):
            what = f"{path}: half written, by process {part[1]}, which is dead"
            yield Finding("note" if SCRATCH in path.parents else "warning", what, f"rm {path}{UNLESS}")
    for checkpoint in sorted(SCRATCH.rglob("*.safetensors")):
        if said := _broken(checkpoint):
            what = f"{checkpoint}: {said}: its training starts anew"
            yield Finding("note", what, f"rm {checkpoint}")
    for folder in sorted(FANOUT.glob("*-*/")):
        pid = folder.name.partition("-")[0]
        if pid.isdecimal() and not alive(int(pid)):
            yield Finding(
                "note", f"{folder}: clones of a fanout, process {pid}, which is dead", f"rm -r {folder}{UNLESS}"
            )


def _broken(path: Path) -> str:
    """What is wrong with a safetensors file, "" if nothing is: its head says where its last byte is."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np"):
            return ""
    except (OSError, SafetensorError) as error:
        return f"not readable: {error}"

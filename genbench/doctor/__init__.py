"""Checks of a checkout and its environment, one a module: `find() -> Iterator[Finding]`.

A check only looks and writes nothing. It runs in the root of the project, imports no torch, and takes what it probes (a
device folder, a file of the kernel) as keyword arguments whose defaults are those of this machine. A check that cannot
look at its object, such as the threads in an unreadable params.yaml, raises an InputError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One fault. message: the file or key, and its state. fix: a command or an edit.

    error: results would be wrong or lost, work would be done again for nothing, or a command fails. warning: one of
    these may happen, or work is slower than it need be. note: good to know.
    """

    severity: Severity
    message: str
    fix: str

"""What in this checkout or environment would spoil results or speed: a check a module, `find() -> Iterator[Finding]`.

A check looks and writes nothing. It runs in the root of the project, imports no torch, and takes what it probes (a
device folder, a file of the kernel's) as keyword arguments whose defaults are this machine's. Where it cannot look at
all, such as at the threads of a params.yaml that is none, it raises an InputError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One fault. what: names the file or key, and what is there. mend: a command or an edit.

    error: results would be wrong or lost, work done again for nothing, or a command fails. warning: may be so, or
    slower than it need be. note: worth knowing.
    """

    severity: Severity
    what: str
    mend: str

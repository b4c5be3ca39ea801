"""The claims of a study: what theory or a paper expects, what the study measured, and whether the two agree.

A page shows them as a table (macro `claims`). A claim that does not hold stands in it as such; one of which nothing was
measured, such as of a divergence that was left out, has no row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One row: a sentence, the expectation with its source, the measurement, and the stage that measured it."""

    claim: str
    expected: str
    measured: str
    holds: bool
    stage: str


def listed(names: Iterable[str]) -> str:
    """Join names as "a, b and c"; "none" stands for no name."""
    every = list(names)
    if len(every) < 2:
        return "".join(every) or "none"
    return f"{', '.join(every[:-1])} and {every[-1]}"


def number(value: float, form: str) -> str:
    """Format a number, with a minus sign where it is negative."""
    return format(value, form).replace("-", "−")


def spoken(name: str) -> str:
    """Replace the underscores of a name by spaces."""
    return name.replace("_", " ")


def share(count: int, total: int) -> str:
    """Say how many of some cases something is so for: "all 14", "12 of 14" or "none of 14"."""
    if count == total:
        return f"all {total}"
    return f"{count or 'none'} of {total}"


def counted(total: int, exceptions: Collection[str]) -> str:
    """Count the cases for which something is so, and name the others: "12 of 14, not for a and b"."""
    count = f"{total - len(exceptions)} of {total}"
    return f"{count}, not for {listed(exceptions)}" if exceptions else count

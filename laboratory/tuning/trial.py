"""Trial of a run, as a search writes it and the page reads it."""

from __future__ import annotations

from typing import Any, TypedDict


class Trial(TypedDict):
    """Trial of a run.

    options: the `train:` half. chosen: what tuning decides of it, by name. steps, operations: of the training. kid,
    kid_se: None where training diverged, which it did at the step `diverged`.
    """

    options: dict[str, Any]
    chosen: dict[str, Any]
    steps: int
    operations: float
    kid: float | None
    kid_se: float | None
    diverged: int | None

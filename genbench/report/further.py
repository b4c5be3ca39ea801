"""Columns beside those of metrics: bits per dimension, and what people said. A board has those that have numbers.

Imports nothing that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from genbench.report import human, likelihood
from genbench.report.leaderboard import Leaderboard, Row
from genbench.report.printed import ARROWS


class FurtherColumn(Protocol):
    """A column. name: of summary.json and the page. label: heading with the arrow. title: in words. under: small print.

    fails: how it can mislead. fields: by heading of the CSV, keys of a row's numbers.
    """

    @property
    def name(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def under(self) -> str: ...
    @property
    def fails(self) -> str: ...
    @property
    def better(self) -> Literal["lower", "higher"]: ...
    @property
    def fields(self) -> Mapping[str, str]: ...
    def of(self, row: Row) -> Mapping[str, Any] | None:
        """Return a row's number under `mean`, and what belongs to it."""

    def is_best(self, board: Leaderboard, row: Row) -> bool:
        """Return whether a row is marked as the best."""

    def text(self, row: Row) -> str:
        """Print a row's number, or a dash."""

    def note(self, row: Row) -> str:
        """Say in a few words what a row's number is of."""


def shown(board: Leaderboard) -> list[FurtherColumn]:
    """Select the columns that have numbers."""
    return [*likelihood.shown(board), *human.shown(board)]


def marked(column: FurtherColumn, board: Leaderboard, row: Row) -> str:
    """Print a row's number, after the column's arrow where it is the best."""
    return f"{ARROWS[column.better]} {column.text(row)}" if column.is_best(board, row) else column.text(row)


def caption(board: Leaderboard) -> list[tuple[str, str]]:
    """Explain the numbers; nothing where there are none."""
    return [*likelihood.caption(board), *human.caption(board)]

"""The columns of the page's table: each of the weights of the last step and, beside it, of those chosen on validation.

The page shows one of the two at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from genbench.report.chosen import base, is_chosen
from genbench.report.leaderboard import Heading, Leaderboard, Row, column_key, has_ranks, headline, is_best, score

Standing = Literal["", "best", "tied"]


@dataclass(frozen=True)
class Shown:
    """One place of the table. chosen: None where no weights were chosen in the whole table."""

    last: Heading
    chosen: Heading | None

    @property
    def key(self) -> str:
        """The name of the place, the same for both kinds of weights."""
        return column_key(self.last)

    def each(self) -> Iterator[tuple[str, Heading]]:
        """(the class of its cells, the column): "last" and "chosen", or "" for a column that is always shown."""
        if self.chosen is None:
            yield "", self.last
        else:
            yield from (("last", self.last), ("chosen", self.chosen))


def shown(board: Leaderboard) -> list[Shown]:
    """The headline columns of the last weights, each with that of the chosen ones."""
    other = {
        (column["extractor"], base(column["metric"])): column
        for column in board["columns"]
        if is_chosen(column["metric"])
    }
    last = [column for column in headline(board) if not is_chosen(column["metric"])]
    return [Shown(column, other.get((column["extractor"], column["metric"]))) for column in last]


def width(board: Leaderboard) -> int:
    """How many columns the table has, of one kind of weights."""
    places = shown(board)
    return 1 + len(places) + sum(has_ranks(board, one.last) for one in places) + bool(board["likelihood"])


def standing(board: Leaderboard, row: Row, column: Heading) -> Standing:
    """Whether a row has the best number of a column, or one that the test does not tell apart from it."""
    if not is_best(board, row, column):
        return ""
    if not has_ranks(board, column):
        return "best"
    means = [score(other, column)["mean"] for other in board["rows"] if is_best(board, other, column)]
    return "best" if score(row, column)["mean"] == min(mean for mean in means if mean is not None) else "tied"

"""The columns of the page's table: each for the final weights and, beside it, for those best on validation.

The page shows one of the two at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from genbench.report import further
from genbench.report.best_weights import base, of_best_weights
from genbench.report.leaderboard import (
    Heading,
    Leaderboard,
    Row,
    column_key,
    has_ranks,
    headline,
    is_best,
    kind,
    of_kind,
    score,
)

Standing = Literal["", "best", "tied"]


@dataclass(frozen=True)
class ColumnPair:
    """A column for each kind of weights. best: None where no row of the table has numbers of the best weights."""

    final: Heading
    best: Heading | None

    @property
    def key(self) -> str:
        """Name of the pair, the same for both kinds of weights."""
        return column_key(self.final)

    def each(self) -> Iterator[tuple[str, Heading]]:
        """Give (CSS class, column): "final-weights" and "best-weights", or "" for a column that is always shown."""
        if self.best is None:
            yield "", self.final
        else:
            yield from (("final-weights", self.final), ("best-weights", self.best))


def shown(board: Leaderboard) -> list[ColumnPair]:
    """Pair each headline column of the final weights with that of the best weights."""
    other = {
        (column["extractor"], base(column["metric"])): column
        for column in board["columns"]
        if of_best_weights(column["metric"])
    }
    final = [column for column in headline(board) if not of_best_weights(column["metric"])]
    return [ColumnPair(column, other.get((column["extractor"], column["metric"]))) for column in final]


def weights_of(board: Leaderboard, column: Heading) -> str:
    """Give the CSS class of a column that stands for one kind of weights, as `ColumnPair.each` does."""
    if of_best_weights(column["metric"]):
        return "best-weights"
    mine = (column["extractor"], column["metric"])
    other = any((h["extractor"], base(h["metric"])) == mine for h in board["columns"] if of_best_weights(h["metric"]))
    return "final-weights" if other else ""


def width(board: Leaderboard) -> int:
    """Count the columns of the table for one kind of weights."""
    pairs = shown(board)
    return 1 + len(pairs) + sum(has_ranks(board, pair.final) for pair in pairs) + len(further.shown(board))


def standing(board: Leaderboard, row: Row, column: Heading) -> Standing:
    """Tell whether a row has the best number of a column, or the test finds no row better."""
    if not is_best(board, row, column):
        return ""
    if not has_ranks(board, column):
        return "best"
    peers = of_kind(board["rows"], kind(row))
    means = [score(other, column)["mean"] for other in peers if is_best(board, other, column)]
    return "best" if score(row, column)["mean"] == min(mean for mean in means if mean is not None) else "tied"

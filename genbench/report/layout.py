"""The leaderboard's table as texts, cell by cell, for Markdown, LaTeX and the terminal.

Imports nothing that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

from typing import NamedTuple

from genbench.report import further
from genbench.report.leaderboard import Heading, Leaderboard, Row, has_ranks, headline, is_best
from genbench.report.printed import all_diverged, arrow, excess, full, has_floor, heading, rank_text

FLOOR, RANK = "− floor", "rank"


class TableCell(NamedTuple):
    """A text. best: True for the best of its column, whose text then begins with the column's arrow."""

    text: str
    best: bool = False


def beside(board: Leaderboard, column: Heading) -> list[str]:
    """Name the extra columns of a column: the numbers less its floor, and ranks, where it has them."""
    return [*([FLOOR] if has_floor(board, column) else []), *([RANK] if has_ranks(board, column) else [])]


def heads(board: Leaderboard) -> list[str]:
    """Give the headings of the table that `cells` fills."""
    names = ["run", *(name for column in headline(board) for name in (heading(column), *beside(board, column)))]
    return [*names, *(column.label for column in further.shown(board))]


def cells(board: Leaderboard, row: Row) -> list[TableCell]:
    """Give a row's cells after its name; none for a run that never finished, for which `all_diverged` says why."""
    if all_diverged(row):
        return []
    texts = []
    for column in headline(board):
        best = is_best(board, row, column)
        texts.append(TableCell(f"{arrow(column)} {full(row, column)}" if best else full(row, column), best))
        extra = {FLOOR: excess(board, row, column), RANK: rank_text(board, row, column)}
        texts += [TableCell(extra[name]) for name in beside(board, column)]
    for other in further.shown(board):
        texts.append(TableCell(further.marked(other, board, row), other.is_best(board, row)))
    return texts

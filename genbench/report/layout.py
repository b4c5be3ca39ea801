"""The leaderboard's table as texts, cell by cell: what Markdown, LaTeX and the terminal lay out, each in its way.

Imports nothing that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

from typing import NamedTuple

from genbench.report import likelihood
from genbench.report.leaderboard import Heading, Leaderboard, Row, has_ranks, headline, is_best, score
from genbench.report.printed import all_diverged, arrow, full, has_floor, heading, multiple, place

FLOOR, RANK = "× floor", "rank"


class TableCell(NamedTuple):
    """A text, and whether it is marked as the best of its column (its arrow stands in the text)."""

    text: str
    best: bool = False


def beside(board: Leaderboard, column: Heading) -> list[str]:
    """What stands beside a column's numbers: multiples of its floor, and ranks, where it has them."""
    return [*([FLOOR] if has_floor(board, column) else []), *([RANK] if has_ranks(board, column) else [])]


def heads(board: Leaderboard) -> list[str]:
    """The headings of the table that `cells` fills."""
    found = ["run", *(name for column in headline(board) for name in (heading(column), *beside(board, column)))]
    return [*found, likelihood.LABEL] if board["likelihood"] else found


def cells(board: Leaderboard, row: Row) -> list[TableCell]:
    """A row's cells after its name; none of a run that never finished, in whose place `all_diverged` says why."""
    if all_diverged(row):
        return []
    found = []
    for column in headline(board):
        best = is_best(board, row, column)
        found.append(TableCell(f"{arrow(column)} {full(row, column)}" if best else full(row, column), best))
        texts = {FLOOR: multiple(score(row, column)["per_floor"]), RANK: place(board, row, column)}
        found += [TableCell(texts[name]) for name in beside(board, column)]
    if board["likelihood"]:
        found.append(TableCell(likelihood.marked(board, row), likelihood.is_best(board, row)))
    return found

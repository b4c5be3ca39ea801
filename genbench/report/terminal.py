"""The leaderboard as a plain table for the terminal.

It is laid out here and not by pandas, whose import takes longer than the whole command, and which has no row that spans
the columns (a run that never finished) and no rule between groups of rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from genbench.report import further
from genbench.report.layout import beside, cells
from genbench.report.leaderboard import Heading, Leaderboard, Row, groups, headline, tests
from genbench.report.printed import all_diverged, arrow, notes

GAP = "  "


def table(board: Leaderboard) -> str:
    """Lay out the headline columns, best run first, each kind of rows under a rule, with a short caption.

    A best value carries its column's arrow. Lines are as wide as they must be; there is no colour.
    """
    columns = headline(board)
    last = [column.label for column in further.shown(board)]
    heads = ["run", *(text for column in columns for text in _heads(board, column)), *last]
    under = ["", *(text for column in columns for text in _under(board, column)), *("" for _ in last)]
    shown = [(group, [_cells(board, row) for row in group.rows]) for group in groups(board) if group.rows]
    filled = [row for _, rows in shown for row in rows if len(row) == len(heads)]
    widths = [max(len(row[i]) for row in [heads, under, *filled]) for i in range(len(heads))]
    widths[0] = max([widths[0], *(len(row[0]) for _, rows in shown for row in rows)])
    rule = "─" * (sum(widths) + len(GAP) * (len(widths) - 1))
    lines = [_line(heads, widths), _line(under, widths)]
    for group, rows in shown:
        said = [group.sentence] if group.kind == "class-conditional" else []
        lines += [rule, *said, *(_line(row, widths) for row in rows)]
    return "\n".join([_title(board), "", *lines, rule, *notes(board), *_floors(board), *_ranks(board)]) + "\n"


def _title(board: Leaderboard) -> str:
    protocol = next(iter(board["protocols"].values()))
    seeds = len(board["seeds"])
    return (
        f"{board['profile']}: {protocol['n_real']} real ({protocol['reference']}) against {protocol['n_fake']} "
        f"generated images, {seeds} seed{'s' if seeds != 1 else ''}"
    )


def _heads(board: Leaderboard, column: Heading) -> list[str]:
    return [f"{column['label']} {arrow(column)}".rstrip(), *beside(board, column)]


def _under(board: Leaderboard, column: Heading) -> list[str]:
    """Give the second line of a heading: the extractor, unless the label stands for it."""
    name = board["protocols"][column["extractor"]]["name"] if column["heading"] != column["label"] else ""
    return [name, *("" for _ in beside(board, column))]


def _cells(board: Leaderboard, row: Row) -> list[str]:
    """Give a row's texts; a run that never finished has its name and the reason only."""
    if all_diverged(row):
        return [row["run"], all_diverged(row)]
    return [row["run"], *(cell.text for cell in cells(board, row))]


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    if len(texts) < len(widths):
        return GAP.join([texts[0].ljust(widths[0]), *texts[1:]])
    return GAP.join([texts[0].ljust(widths[0]), *map(str.rjust, texts[1:], widths[1:])]).rstrip()


def _floors(board: Leaderboard) -> list[str]:
    return [
        f"floor of {column['heading']}: {floor['mean']:.{column['decimals']}f} ± {floor['sd']:.{column['decimals']}f} "
        f"over {floor['resplits']} resplits of real images"
        for column in headline(board)
        if (floor := board["protocols"][column["extractor"]]["floors"].get(column["metric"]))
    ]


def _ranks(board: Leaderboard) -> list[str]:
    return [test["sentence"] for test in tests(board)]

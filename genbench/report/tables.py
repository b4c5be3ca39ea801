"""The leaderboard as Markdown and as CSV.

Markdown prints what a person reads, rounded. CSV holds every column, the whole numbers and one number a field, so
that a spreadsheet or a data frame needs no parsing of "23.41 ± 1.20".
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from genbench.report import published
from genbench.report.caption import caption, failures, lead
from genbench.report.layout import cells, heads
from genbench.report.leaderboard import Leaderboard, Row, calibration, finished, has_ranks, rank, score, trained
from genbench.report.printed import all_diverged, has_floor, notes

MARKUP = re.compile(r"([\\`*_\[\]|~$])")  # what Markdown might take for its own
BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # what some reader takes for the end of a line
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", **dict.fromkeys(BREAKS, " ")})


def markdown(board: Leaderboard) -> str:
    """A table of trained runs, one of calibration rows under the same headings, and the caption as a list."""
    parts = [f"# {_text(board['dataset']['name'])}", _text(lead(board)), *_table(board, trained(board))]
    if calibration(board):
        parts += ["Calibration: what the numbers mean.", *_table(board, calibration(board))]
    parts += [_list([_text(note) for note in notes(board)])] if notes(board) else []
    parts += ["## Protocol", _list([f"**{_text(term)}**: {_text(text)}" for term, text in caption(board)])]
    if failures(board):
        parts += ["## How each number can mislead"]
        parts += [_list([f"**{_text(label)}**: {_text(sentence)}" for label, sentence in failures(board)])]
    return "\n\n".join([*parts, *_published(board)]) + "\n"


def _published(board: Leaderboard) -> Iterator[str]:
    if not board.get("published"):
        return
    yield "## Published values"
    yield _text(published.LEAD)
    if rows := published.table(board):
        lines = [published.HEADS, (":--", ":--", "--:", "--:", ":--", ":--"), *rows]
        yield "\n".join(_line([_text(text) for text in line]) for line in lines)
    if others := published.others(board):
        yield _list([f"**{_text(why)}**: {_text(which)}" for why, which in others])


def _table(board: Leaderboard, rows: Sequence[Row]) -> Iterator[str]:
    names = [_text(name) for name in heads(board)]
    lines = [_line(names), _line([":--", *["--:"] * (len(names) - 1)])]
    lines += [_line([_text(row["run"]), *_row(board, row, len(names) - 1)]) for row in rows]
    yield "\n".join(lines)


def _row(board: Leaderboard, row: Row, width: int) -> list[str]:
    if all_diverged(row):
        return [_text(all_diverged(row)), *[""] * (width - 1)]
    return [f"**{cell.text}**" if cell.best else cell.text for cell in cells(board, row)]


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _list(texts: Sequence[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _text(text: str) -> str:
    """Any text as itself: markup is escaped, HTML becomes entities."""
    return MARKUP.sub(r"\\\1", text.translate(ENTITIES))


def comma_separated(board: Leaderboard) -> str:
    """One line a run with every column: its mean, its sd and, where there are, the multiple of the floor and a rank."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = ["run", "model", "kind", "seeds", "finished", "diverged"]
    for column in board["columns"]:
        names += [column["heading"], f"{column['heading']} sd"]
        names += [f"{column['heading']} × floor"] if has_floor(board, column) else []
        names += [f"{column['heading']} rank"] if has_ranks(board, column) else []
    names += ["bits per dimension", "bits per dimension sd", "kind of likelihood"] if board["likelihood"] else []
    writer.writerow(names)
    for row in board["rows"]:
        kind = "calibration" if row["calibration"] else "trained"
        known = [row["run"], row["model"], kind, len(row["cells"]), len(finished(row)), _diverged(row)]
        writer.writerow([*known, *_numbers(board, row)])
    return file.getvalue()


def _numbers(board: Leaderboard, row: Row) -> Iterator[float | str | None]:
    for column in board["columns"]:
        cell = score(row, column)
        yield from (cell["mean"], cell["sd"])
        if has_floor(board, column):
            yield cell["per_floor"]
        if has_ranks(board, column):
            yield rank(row, column)
    if board["likelihood"]:
        said = row["likelihood"]
        yield from (said["mean"], said["sd"], said["kind"]) if said else (None, None, None)


def _diverged(row: Row) -> str:
    lost = [(cell["seed"], cell["diverged"]) for cell in row["cells"] if cell["diverged"]]
    return "; ".join(f"seed {seed} at step {what['step']} ({what['reason']})" for seed, what in lost)

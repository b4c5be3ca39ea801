"""The leaderboard as Markdown and as CSV.

Markdown prints what a person reads, rounded. CSV holds every column, the whole numbers and one number a field, so
that a spreadsheet or a data frame needs no parsing of "23.41 ± 1.20".
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from genbench.report import likelihood
from genbench.report.caption import caption, failures, lead
from genbench.report.leaderboard import (
    Heading,
    Leaderboard,
    Row,
    calibration,
    finished,
    has_ranks,
    headline,
    is_best,
    rank,
    score,
    trained,
)
from genbench.report.printed import all_diverged, arrow, full, has_floor, heading, multiple, notes, place

MARKUP = re.compile(r"([\\`*_\[\]|~$])")  # what Markdown might take for its own
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": " ", "\r": " "})


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
    return "\n\n".join(parts) + "\n"


def _table(board: Leaderboard, rows: Sequence[Row]) -> Iterator[str]:
    columns = headline(board)
    heads = ["run"]
    for column in columns:
        heads += [_text(heading(column)), *(["× floor"] if has_floor(board, column) else [])]
        heads += ["rank"] if has_ranks(board, column) else []
    heads += [likelihood.LABEL] if board["likelihood"] else []
    lines = [_line(heads), _line([":--", *["--:"] * (len(heads) - 1)])]
    lines += [_line([_text(row["run"]), *_row(board, row, columns, len(heads) - 1)]) for row in rows]
    yield "\n".join(lines)


def _row(board: Leaderboard, row: Row, columns: Sequence[Heading], width: int) -> list[str]:
    if all_diverged(row):
        return [_text(all_diverged(row)), *[""] * (width - 1)]
    texts = []
    for column in columns:
        text = full(row, column)
        texts.append(f"**{arrow(column)} {text}**" if is_best(board, row, column) else text)
        if has_floor(board, column):
            texts.append(multiple(score(row, column)["per_floor"]))
        if has_ranks(board, column):
            texts.append(place(board, row, column))
    if board["likelihood"]:
        text = likelihood.marked(board, row)
        texts.append(f"**{text}**" if likelihood.is_best(board, row) else text)
    return texts


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
    heads = ["run", "model", "kind", "seeds", "finished", "diverged"]
    for column in board["columns"]:
        heads += [column["heading"], f"{column['heading']} sd"]
        heads += [f"{column['heading']} × floor"] if has_floor(board, column) else []
        heads += [f"{column['heading']} rank"] if has_ranks(board, column) else []
    heads += ["bits per dimension", "bits per dimension sd", "kind of likelihood"] if board["likelihood"] else []
    writer.writerow(heads)
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

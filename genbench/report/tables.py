"""The leaderboard as Markdown and as CSV.

Markdown prints rounded numbers for people. CSV holds every column, with whole numbers and one number in each field, so
that a spreadsheet or a data frame needs no parsing of "23.41 ± 1.20".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genbench.report import frames, further, published, sizes
from genbench.report.caption import caption, failures, lead
from genbench.report.frames import markdown_text
from genbench.report.layout import cells, heads
from genbench.report.leaderboard import (
    Leaderboard,
    Row,
    above_floor,
    finished,
    groups,
    has_ranks,
    kind,
    rank,
    score,
)
from genbench.report.printed import all_diverged, has_floor, notes


def markdown(board: Leaderboard) -> str:
    """Write a table of each kind of rows, with the same headings, and the caption as a list."""
    parts = [f"# {markdown_text(board['profile'])}", markdown_text(lead(board))]
    parts += [f"> {markdown_text(note)}"] if (note := board.get("note")) else []
    for group in groups(board):
        parts += [*([group.sentence] if group.sentence else []), _table(board, group.rows)]
    parts += [_list([markdown_text(note) for note in notes(board)])] if notes(board) else []
    if lines := sizes.table(board):
        parts += ["## Sizes and budgets", frames.markdown(frames.frame(sizes.HEADS, lines)), sizes.NOTE]
    parts += ["## Protocol", _terms(caption(board))]
    if failures(board):
        parts += ["## How each number can mislead", _terms(failures(board))]
    return "\n\n".join([*parts, *_published(board)]) + "\n"


def _published(board: Leaderboard) -> Iterator[str]:
    if not board.get("published"):
        return
    yield "## Published values"
    yield markdown_text(published.LEAD)
    if rows := published.table(board):
        yield frames.markdown(frames.frame(published.HEADS, rows), "llrrll")
    if others := published.others(board):
        yield _terms(others)


def _table(board: Leaderboard, rows: Sequence[Row]) -> str:
    names = [markdown_text(name) for name in heads(board)]
    return frames.markdown(frames.frame(names, (_row(board, row) for row in rows)), escape=False)


def _row(board: Leaderboard, row: Row) -> list[str]:
    if all_diverged(row):
        return [markdown_text(row["run"]), markdown_text(all_diverged(row))]
    texts = (f"**{cell.text}**" if cell.best else cell.text for cell in cells(board, row))
    return [markdown_text(row["run"]), *texts]


def _terms(pairs: Sequence[tuple[str, str]]) -> str:
    return _list([f"**{markdown_text(term)}**: {markdown_text(text)}" for term, text in pairs])


def _list(texts: Sequence[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def comma_separated(board: Leaderboard) -> str:
    """Write one line for each run with every column: mean, sd and, where they exist, mean less the floor, and rank."""
    names = ["run", "model", "kind", "seeds", "finished", "diverged"]
    for column in board["columns"]:
        names += [column["heading"], f"{column['heading']} sd"]
        names += [f"{column['heading']} − floor"] if has_floor(board, column) else []
        names += [f"{column['heading']} rank"] if has_ranks(board, column) else []
    names += [name for column in further.shown(board) for name in column.fields]
    return frames.csv(frames.frame(names, ([*_known(row), *_numbers(board, row)] for row in board["rows"])))


def _known(row: Row) -> list[str | int]:
    return [row["run"], row["model"], kind(row), len(row["cells"]), len(finished(row)), _diverged(row)]


def _numbers(board: Leaderboard, row: Row) -> Iterator[float | str | None]:
    for column in board["columns"]:
        cell = score(row, column)
        yield from (cell["mean"], cell["sd"])
        if has_floor(board, column):
            yield above_floor(board, row, column)
        if has_ranks(board, column):
            yield rank(row, column)
    for other in further.shown(board):
        known = other.of(row) or {}
        yield from (known.get(key) for key in other.fields.values())


def _diverged(row: Row) -> str:
    ends = [(cell["seed"], cell["diverged"]) for cell in row["cells"] if cell["diverged"]]
    return "; ".join(f"seed {seed} at step {end['step']} ({end['reason']})" for seed, end in ends)

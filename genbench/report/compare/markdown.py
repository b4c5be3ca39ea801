"""A comparison as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from genbench.report.compare.comparison import GRIDS, Comparison
from genbench.report.compare.tables import Table, notes, tables, title

MARKUP = re.compile(r"([\\`*_\[\]|~$#@])")
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": " ", "\r": " "})


def markdown(comparison: Comparison, images: str = "") -> str:
    """The same tables, and below them, folded, the sample grids of the rows that moved.

    images: the address below which a file of a commit is <commit>/<path>, such as
    https://github.com/<owner>/<name>/raw; "" leaves the grids out, for a comment holds no pictures of its own.
    """
    parts = [f"### {plain(title(comparison))}"]
    parts += ["\n".join(_lines(table)) for table in tables(comparison)]
    parts += list(_grids(comparison, images)) if images else []
    parts += [f"<sub>{plain(' '.join(notes(comparison)))}</sub>"]
    return "\n\n".join(parts) + "\n"


def _lines(table: Table) -> Iterator[str]:
    yield f"**{plain(table.title)}**"
    yield ""
    if not table.rows:
        yield table.without
        return
    yield _row(table.heads)
    yield _row([":--"] * len(table.heads), escape=False)
    yield from (_row(row) for row in table.rows)


def _row(texts: tuple[str, ...] | list[str], *, escape: bool = True) -> str:
    return f"| {' | '.join(plain(text) if escape else text for text in texts)} |"


def _grids(comparison: Comparison, images: str) -> Iterator[str]:
    commits = comparison.before.commit, comparison.after.commit
    runs = [run for run in dict.fromkeys(move.run for move in comparison.moved) if all(comparison.grids[run])]
    if not all(commits) or not runs:
        return
    lines = ["<details><summary>Samples of the rows that moved</summary>", ""]
    lines += [_row(["run", comparison.before.name, comparison.after.name]), "| :-- | :-- | :-- |"]
    for run in runs:
        pictures = [
            f'<img width="320" alt="" src="{images}/{commit}/{quote(f"{GRIDS}/{run}.png")}">' for commit in commits
        ]
        lines.append(f"| {plain(run)} | {' | '.join(pictures)} |")
    yield "\n".join([*lines, "", "</details>"])


def plain(text: str) -> str:
    """Any text as itself: markup is escaped, HTML becomes entities."""
    return MARKUP.sub(r"\\\1", text.translate(ENTITIES))

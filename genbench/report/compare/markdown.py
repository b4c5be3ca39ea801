"""A comparison as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from genbench.report import frames
from genbench.report.compare.comparison import GRIDS, Comparison
from genbench.report.compare.tables import Table, notes, quiet, tables, title
from genbench.report.frames import markdown_text


def markdown(comparison: Comparison, images: str = "") -> str:
    """Write the same tables; those of numbers within noise and of sample grids of the rows that moved are folded.

    images: the address below which a file of a commit is <commit>/<path>, such as
    https://github.com/<owner>/<name>/raw; "" leaves the grids out, for a comment holds no pictures of its own.
    """
    parts = [f"### {markdown_text(title(comparison))}", *map(_titled, tables(comparison))]
    parts += [_folded(quiet(comparison)), *(_grids(comparison, images) if images else [])]
    parts += [f"<sub>{markdown_text(' '.join(notes(comparison)))}</sub>"]
    return "\n\n".join(parts) + "\n"


def _titled(table: Table) -> str:
    return f"**{markdown_text(table.title)}**\n\n{_body(table)}"


def _folded(table: Table) -> str:
    """Write a table that opens at a click."""
    summary = f"{markdown_text(table.title)} ({len(table.frame)})"
    return f"<details><summary>{summary}</summary>\n\n{_body(table)}\n\n</details>"


def _body(table: Table) -> str:
    return frames.markdown(table.frame, "l" * len(table.frame.columns)) if len(table.frame) else table.empty


def _grids(comparison: Comparison, images: str) -> Iterator[str]:
    commits = comparison.before.commit, comparison.after.commit
    runs = [run for run in dict.fromkeys(move.run for move in comparison.moved) if all(comparison.grids[run])]
    if not all(commits) or not runs:
        return
    rows = [(markdown_text(run), *(_picture(images, commit, run) for commit in commits)) for run in runs]
    heads = ["run", *map(markdown_text, (comparison.before.name, comparison.after.name))]
    table = frames.markdown(frames.frame(heads, rows), "lll", escape=False)
    said = f"\n\n{markdown_text(comparison.attribution)}" if comparison.attribution else ""
    yield f"<details><summary>Samples of the rows that moved</summary>\n\n{table}{said}\n\n</details>"


def _picture(images: str, commit: str, run: str) -> str:
    return f'<img width="320" alt="" src="{images}/{commit}/{quote(f"{GRIDS}/{run}.png")}">'

"""Tables as frames of pandas, made once and written in every format.

    table = frame(["run", "FID"], [["vae", 23.4], ["gan", None]])
    csv(table)       every number whole, as `repr` prints it; digits=6 rounds to six significant ones
    markdown(table)  texts are escaped, columns are padded
    plain(table)     columns side by side, for the terminal
    latex(table, "lr")

A cell is a value of its own kind: a column of counts with a gap stays one of whole numbers. None is an empty cell. What
a person reads is rounded before, as text. Two columns may have the same heading. Importing this module imports pandas
(half a second), so commands import it when they need it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

MARKUP = re.compile(r"([\\`*_\[\]|~$#@])")  # signs that Markdown, or GitHub, takes for its own
BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # signs that some reader takes for the end of a line
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", **dict.fromkeys(BREAKS, " ")})
SIDES = {"l": "left", "r": "right"}


def frame(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """Make the frame of a table. Each row has one value for each heading, or the first few of them."""
    whole = [[*row, *[None] * (len(headings) - len(row))] for row in rows]
    return pd.DataFrame(whole, columns=list(headings), dtype=object)


def csv(table: pd.DataFrame, digits: int | None = None) -> str:
    """Write a table as CSV with one line for the headings. digits: significant ones of a float, all where None."""
    if digits is not None:
        table = table.map(lambda value: f"{value:.{digits}g}" if isinstance(value, float) else _text(value))
    return table.to_csv(index=False, lineterminator="\n")


def markdown(table: pd.DataFrame, align: str = "", *, escape: bool = True) -> str:
    """Write a table as Markdown, without a line break at the end.

    align: "l" or "r" for each column, as in LaTeX; by default the first column is left and the others are right.
    escape: False where cells and headings are Markdown already.
    """
    if escape:
        table = table.map(lambda value: markdown_text(_text(value)))
        table = table.set_axis([markdown_text(name) for name in table.columns], axis=1)
    return _tabulate(table, "pipe", align)


def plain(table: pd.DataFrame, align: str = "") -> str:
    """Write a table as aligned text, without a line break at the end. align: as for `markdown`."""
    return "\n".join(line.rstrip() for line in _tabulate(table, "plain", align).split("\n"))


def latex(table: pd.DataFrame, align: str, caption: str = "") -> str:
    """Write a table as a longtable with the rules of booktabs. Headings, cells and caption are LaTeX already.

    align: LaTeX's letter or width for each column.
    """
    return table.map(_text).to_latex(
        index=False, escape=False, longtable=True, column_format=align, caption=caption or None
    )


def markdown_text(text: str) -> str:
    """Escape a text, so that Markdown shows it as it is, on one line."""
    return MARKUP.sub(r"\\\1", text.translate(ENTITIES))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _tabulate(table: pd.DataFrame, style: str, align: str) -> str:
    letters = align or "l" + "r" * (len(table.columns) - 1)
    return table.to_markdown(
        index=False,
        tablefmt=style,
        colalign=[SIDES[letter] for letter in letters],
        disable_numparse=True,
        missingval="",
    )

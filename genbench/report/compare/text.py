"""A comparison as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genbench.report.compare.comparison import Comparison
from genbench.report.compare.tables import Table, notes, tables, title

GAP = "  "


def text(comparison: Comparison) -> str:
    """Every table with its title, and what its rule is."""
    parts = [
        title(comparison),
        *("\n".join(lines(table)) for table in tables(comparison)),
        "\n".join(notes(comparison)),
    ]
    return "\n\n".join(parts) + "\n"


def lines(table: Table) -> Iterator[str]:
    """One table: its title, its heads and rows under each other."""
    yield table.title
    if not table.rows:
        yield f"{GAP}{table.without}"
        return
    widths = [max(map(len, column)) for column in zip(table.heads, *table.rows, strict=True)]
    for row in (table.heads, *table.rows):
        yield GAP + aligned(row, widths)


def aligned(texts: Sequence[str], widths: Sequence[int]) -> str:
    """One line, every text padded to its width."""
    return GAP.join(map(str.ljust, texts, widths)).rstrip()

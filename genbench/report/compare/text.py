"""A comparison as plain text for the terminal."""

from __future__ import annotations

from genbench.report.compare.comparison import Comparison
from genbench.report.compare.tables import Table, notes, quiet, tables, title
from genbench.report.frames import plain

INDENT = "  "


def text(comparison: Comparison) -> str:
    """Write the title, every table and the notes."""
    shown = [*tables(comparison), quiet(comparison)]
    parts = [title(comparison), *map(titled, shown), "\n".join(notes(comparison))]
    return "\n\n".join(parts) + "\n"


def titled(table: Table) -> str:
    """Write one table below its title, without a line break at the end."""
    body = plain(table.frame, "l" * len(table.frame.columns)) if len(table.frame) else table.empty
    return "\n".join([table.title, *(INDENT + line for line in body.split("\n"))])

"""A comparison as one page that loads nothing: the tables, and the sample grids side by side.

The tables are made by the template and not by `DataFrame.to_html`: that puts styles into tags, which the page's content
security policy does not admit, and knows no `scope` of a heading, which screen readers need.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from genbench.report.compare.comparison import Comparison
from genbench.report.compare.tables import notes, quiet, tables, title
from genbench.report.document import document


class Pair(NamedTuple):
    """Sample grids of a run as data: URIs, "" where a side has none, and the verdicts on its numbers."""

    run: str
    before: str
    after: str
    verdicts: str


def page(comparison: Comparison) -> str:
    """Write the HTML text. Grids that are the same bytes on both sides are not shown."""
    return document(
        Path(__file__).parent,
        title=title(comparison),
        comparison=comparison,
        tables=[*tables(comparison), quiet(comparison)],
        notes=notes(comparison),
        pairs=list(_pairs(comparison)),
    )


def _pairs(comparison: Comparison) -> Iterator[Pair]:
    """Give the pairs that differ; rows that moved come first."""
    moved = list(dict.fromkeys(move.run for move in comparison.moved))
    for run in dict.fromkeys([*moved, *comparison.grids]):
        before, after = comparison.grids[run]
        if before != after:
            verdicts = [f"{move.measure.heading}: {move.verdict}" for move in comparison.moves if move.run == run]
            uris = [data_uri(png) if png else "" for png in (before, after)]
            yield Pair(run, uris[0], uris[1], "; ".join(verdicts))


def data_uri(png: bytes) -> str:
    """Write a picture as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"

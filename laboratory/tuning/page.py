"""The page of the study: its claims, every trial as a point, and the same in numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from genbench.find import PACKAGE
from genbench.report.document import document
from laboratory.tuning import results as texts
from laboratory.tuning.claims import claims, finding
from laboratory.tuning.results import Results, Search
from laboratory.tuning.trial import Trial

HERE = PACKAGE.parent / "laboratory/tuning"  # where templates lie; dvc.yaml names them
LINE = 22  # height of a run's line, in the chart's units
WIDTH = 560
TICKS = 5


@dataclass(frozen=True)
class Scale:
    """Axis of the chart for KIDs from 0 to `high`, even in their root, the distance whose square KID estimates.

    An estimate without bias may be negative; its place is 0.
    """

    high: float

    def at(self, kid: float) -> float:
        """Return the abscissa of a value, to a tenth of a unit."""
        return round(WIDTH * math.sqrt(max(kid, 0.0) / self.high), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return (abscissa, text) of 0 and values of two digits, evenly spaced but for rounding."""
        values = [float(f"{self.high * (i / TICKS) ** 2:.2g}") for i in range(TICKS)]
        return [(self.at(value), f"{value:g}") for value in values]


def scale(results: Results) -> Scale:
    """Make an axis with room for every trial that finished."""
    kids = [trial["kid"] for search in results["runs"] for trial in search["trials"] if trial["kid"] is not None]
    return Scale(1.05 * max([kid for kid in kids if kid > 0], default=1.0))


def points(search: Search) -> list[tuple[Trial, str]]:
    """List the trials that finished with their kind, the default and the best last, to be drawn over the others."""
    kinds = {0: "default"}
    kinds[search["best"]] = f"{kinds.get(search['best'], '')} best".strip()
    order = sorted(range(len(search["trials"])), key=lambda index: (index in kinds, index == search["best"]))
    trials = [(search["trials"][index], kinds.get(index, "drawn")) for index in order]
    return [(trial, kind) for trial, kind in trials if trial["kid"] is not None]


def page(results: Results) -> str:
    """Make the page; returns the HTML text."""
    return document(
        HERE.parent,
        HERE,
        results=results,
        families=texts.by_family(results),
        finding=finding(results),
        claims=claims(results),
        texts=texts,
        scale=scale(results),
        points=points,
        line=LINE,
        width=WIDTH,
    )

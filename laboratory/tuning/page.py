"""The page of the study: its claims, every trial as a point, and the same in numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from genbench.find import PACKAGE
from genbench.report.document import document
from laboratory.tuning import results as texts
from laboratory.tuning.claims import claims
from laboratory.tuning.results import Results, Search, Trial

HERE = PACKAGE.parent / "laboratory/tuning"  # where templates lie; dvc.yaml names them
LINE = 22  # height of a run's line, in the chart's units
WIDTH = 560


@dataclass(frozen=True)
class Scale:
    """Logarithmic axis of the chart for FIDs from `low`, its left end, to `high`."""

    low: float
    high: float

    def at(self, fid: float) -> float:
        """Return the abscissa of a value, to a tenth of a unit."""
        return round(WIDTH * math.log(fid / self.low) / math.log(self.high / self.low), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return (abscissa, text) of five values of two digits, evenly spaced but for rounding."""
        ratio = self.high / self.low
        values = [float(f"{self.low * ratio ** (i / 5):.2g}") for i in range(1, 6)]
        return [(self.at(value), f"{value:g}") for value in values]


def scale(results: Results) -> Scale:
    """Make an axis with room for every trial that finished."""
    fids = [trial["fid"] for search in results["runs"] for trial in search["trials"] if trial["fid"] is not None]
    return Scale(0.95 * min(fids, default=1.0), 1.05 * max(fids, default=10.0))


def points(search: Search) -> list[tuple[Trial, str]]:
    """List the trials that finished with their kind, the default and the best last, to be drawn over the others."""
    kinds = {0: "default"}
    kinds[search["best"]] = f"{kinds.get(search['best'], '')} best".strip()
    order = sorted(range(len(search["trials"])), key=lambda index: (index in kinds, index == search["best"]))
    trials = [(search["trials"][index], kinds.get(index, "drawn")) for index in order]
    return [(trial, kind) for trial, kind in trials if trial["fid"] is not None]


def page(results: Results) -> str:
    """Make the page; returns the HTML text."""
    return document(
        HERE.parent,
        HERE,
        results=results,
        claims=claims(results),
        texts=texts,
        scale=scale(results),
        points=points,
        line=LINE,
        width=WIDTH,
    )

"""The page of the study: what tuning gained, every trial as a point, and the same in numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from genbench.find import PACKAGE
from genbench.report.document import document
from laboratory.tuning import results as words
from laboratory.tuning.results import Results, Search, Trial

HERE = PACKAGE.parent / "laboratory/tuning"  # where templates lie; dvc.yaml names them
LINE = 22  # height of a run's line, in the chart's units
WIDTH = 560


@dataclass(frozen=True)
class Scale:
    """FIDs on a logarithmic axis of the chart, from its left end to its right."""

    low: float
    high: float

    def at(self, fid: float) -> float:
        """Where a value is drawn, to a tenth of a unit."""
        return round(WIDTH * math.log(fid / self.low) / math.log(self.high / self.low), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """(position, text) at five values of two digits, evenly spaced but for rounding."""
        ratio = self.high / self.low
        values = [float(f"{self.low * ratio ** (i / 5):.2g}") for i in range(1, 6)]
        return [(self.at(value), f"{value:g}") for value in values]


def scale(results: Results) -> Scale:
    """Room for every trial that finished."""
    fids = [trial["fid"] for one in results["runs"] for trial in one["trials"] if trial["fid"] is not None]
    return Scale(0.95 * min(fids, default=1.0), 1.05 * max(fids, default=10.0))


def points(search: Search) -> list[tuple[Trial, str]]:
    """The trials that finished, each with its kind, the default and the best last: they are drawn over the others."""
    kinds = {0: "default"}
    kinds[search["best"]] = f"{kinds.get(search['best'], '')} best".strip()
    order = sorted(range(len(search["trials"])), key=lambda index: (index in kinds, index == search["best"]))
    trials = [(search["trials"][index], kinds.get(index, "drawn")) for index in order]
    return [(trial, kind) for trial, kind in trials if trial["fid"] is not None]


def page(results: Results) -> str:
    """The HTML text."""
    return document(
        HERE,
        results=results,
        words=words,
        scale=scale(results),
        points=points,
        line=LINE,
        width=WIDTH,
    )

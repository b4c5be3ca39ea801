"""Verdicts on the numbers of the distortions: a metric sees a distortion, misses it, or praises it.

A metric sees a distortion at some strength where every repeat of it is on the worse side of every repeat of untouched
images: with five repeats of each, that happens by chance once in 252 times. It praises it where all are on the better
side. A metric whose best value is in the middle is worse further away from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from genbench.metrics import Column

#: Best values of metrics that have no direction.
MIDDLE = {"copying": 0.5, "nn_accuracy": 0.5, "authenticity_gap": 0.0, "surprise": 0.0}

Verdict = Literal["worse", "same", "better"]


@dataclass(frozen=True)
class Response:
    """Response of a metric to one distortion. All (S,) arrays begin with untouched images.

    strengths: 0 first. means, low, high: over repeats. verdicts: one a strength but the first.
    """

    strengths: list[float]
    means: list[float]
    low: list[float]
    high: list[float]
    verdicts: list[Verdict]

    @property
    def seen(self) -> float | None:
        """Least strength from which on the metric calls it worse, None where it doesn't at the strongest."""
        index = len(self.verdicts)
        while index and self.verdicts[index - 1] == "worse":
            index -= 1
        return self.strengths[index + 1] if index < len(self.verdicts) else None

    @property
    def overall(self) -> Verdict:
        """Verdict. worse: seen at the strongest. better: not seen, and praised at some strength. same: neither."""
        if self.seen is not None:
            return "worse"
        return "better" if "better" in self.verdicts else "same"


def response(rows: Sequence[Mapping[str, Any]], kind: str, key: str, column: Column) -> Response | None:
    """Collect the response of one metric to one distortion; None where it was not measured."""
    cases: dict[float, list[float]] = {}
    for row in rows:
        if row["kind"] in ("", kind) and key in row["metrics"]:
            cases.setdefault(row["strength"], []).append(row["metrics"][key])
    if len(cases) < 2:
        return None
    strengths = sorted(cases)
    values = [np.array(cases[strength]) for strength in strengths]
    return Response(
        strengths=strengths,
        means=[float(v.mean()) for v in values],
        low=[float(v.min()) for v in values],
        high=[float(v.max()) for v in values],
        verdicts=[_verdict(values[0], v, key, column) for v in values[1:]],
    )


def _verdict(clean: np.ndarray, spoilt: np.ndarray, key: str, column: Column) -> Verdict:
    if column.better == "none":
        if not (spoilt.min() > clean.max() or spoilt.max() < clean.min()):
            return "same"
        further = abs(spoilt.mean() - MIDDLE[key]) > abs(clean.mean() - MIDDLE[key])
        return "worse" if further else "better"
    if column.better == "higher":
        clean, spoilt = -clean, -spoilt
    if spoilt.min() > clean.max():
        return "worse"
    return "better" if spoilt.max() < clean.min() else "same"

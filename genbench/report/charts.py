"""Training curves: positions of lines and ticks. The template draws them as SVG.

The page draws them itself, without a plotting library, so that their colours follow light and dark mode and a hundred
rows of curves stay small and quick.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genbench.report.axes import Axis
from genbench.report.curves import Curve
from genbench.report.printed import integer
from genbench.report.sizes import operations


@dataclass(frozen=True)
class LossChart:
    """The loss of one group over training, one line for each seed; `lines` are "x,y x,y ..." for a polyline.

    unit: of the x axis, operations or steps. title: in words.
    """

    group: str
    unit: Literal["operations", "steps"]
    title: str
    x: Axis
    y: Axis
    lines: Sequence[tuple[int, str]]
    summary: str


def loss_charts(
    curves: Sequence[Curve], work: Mapping[int, float], width: float = 300, height: float = 130
) -> list[LossChart]:
    """Make one chart for each group. The axis spans the middle 98% of all losses, so that a spike flattens nothing.

    work: operations a step by seed, so that rows of one budget have one axis; {} for an axis of steps.
    """
    charts = []
    for group in dict.fromkeys(curve.group for curve in curves):
        drawn = [curve for curve in curves if curve.group == group and len(curve.steps)]
        if not drawn:
            continue
        low, high = np.percentile(np.concatenate([curve.losses for curve in drawn]), [1, 99])
        margin = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
        steps = max(curve.steps[-1] for curve in drawn)
        last = max(work.get(curve.seed, 1.0) * curve.steps[-1] for curve in drawn)
        x = Axis(0.0, float(max(last, 1)), 0.0, width)
        y = Axis(float(low - margin), float(high + margin), height, 0.0)
        lines = [(curve.seed, " ".join(_points(curve, work.get(curve.seed, 1.0), x, y))) for curve in drawn]
        ends = ", ".join(f"{curve.losses[-1]:.3g} (seed {curve.seed})" for curve in drawn)
        title = f"Loss of {group} over {integer(steps)} steps"
        title += f", {operations(last)} operations" if work else ""
        unit: Literal["operations", "steps"] = "operations" if work else "steps"
        charts.append(LossChart(group, unit, title, x, y, lines, f"{title}; at the end {ends}."))
    return charts


def _points(curve: Curve, work: float, x: Axis, y: Axis) -> Iterator[str]:
    """Give the points as "x,y"; a spike beyond the axis is put just outside of it, where the frame cuts it off."""
    reach = y.high - y.low
    for step, loss in zip(curve.steps, curve.losses, strict=True):
        yield f"{x.at(work * step):g},{y.at(min(max(loss, y.low - reach), y.high + reach)):g}"

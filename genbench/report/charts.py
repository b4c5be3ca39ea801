"""Training curves: positions of lines and ticks. The template draws them as SVG.

The page draws them itself, without a plotting library, so that their colours follow light and dark mode and a hundred
rows of curves stay small and quick.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genbench.report.axes import Axis
from genbench.report.curves import Curve


@dataclass(frozen=True)
class LossChart:
    """The loss of one group over training, one line for each seed; `lines` are "x,y x,y ..." for a polyline."""

    group: str
    x: Axis
    y: Axis
    lines: Sequence[tuple[int, str]]
    summary: str


def loss_charts(curves: Sequence[Curve], width: float = 300, height: float = 130) -> list[LossChart]:
    """Make one chart for each group. The axis spans the middle 98% of all losses, so that a spike flattens nothing."""
    charts = []
    for group in dict.fromkeys(curve.group for curve in curves):
        drawn = [curve for curve in curves if curve.group == group and len(curve.steps)]
        if not drawn:
            continue
        low, high = np.percentile(np.concatenate([curve.losses for curve in drawn]), [1, 99])
        margin = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
        last = max(curve.steps[-1] for curve in drawn)
        x = Axis(0.0, float(max(last, 1)), 0.0, width)
        y = Axis(float(low - margin), float(high + margin), height, 0.0)
        lines = [(curve.seed, " ".join(_points(curve, x, y))) for curve in drawn]
        ends = ", ".join(f"{curve.losses[-1]:.3g} (seed {curve.seed})" for curve in drawn)
        charts.append(LossChart(group, x, y, lines, f"Loss of {group} over {last} steps; at the end {ends}."))
    return charts


def _points(curve: Curve, x: Axis, y: Axis) -> Iterator[str]:
    """Give the points as "x,y"; a spike beyond the axis is put just outside of it, where the frame cuts it off."""
    reach = y.high - y.low
    for step, loss in zip(curve.steps, curve.losses, strict=True):
        yield f"{x.at(step):g},{y.at(min(max(loss, y.low - reach), y.high + reach)):g}"

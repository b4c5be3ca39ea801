"""The geometry of the page's charts: where ticks, lines and labels go. The template draws them as SVG.

They are drawn by the page itself, not by a plotting library: their colours follow light and dark mode, every point
is a link with a title, and a hundred rows of curves stay small and quick.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genbench.report.curves import Curve
from genbench.report.leaderboard import Heading, Leaderboard, Row, score
from genbench.report.printed import full

Box = tuple[float, float, float, float]  # left, top, right, bottom

LETTER = 7.0  # width of a label's letter, in the chart's units
LINE = 14.0  # height of a label
DOT = 5.0  # radius of a point


@dataclass(frozen=True)
class Axis:
    """A linear axis of data `low` to `high` drawn from `start` to `end`, with ticks at round values."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value is drawn, to a tenth of a unit."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    def ticks(self, count: int) -> list[tuple[float, str]]:
        """(position, text) at multiples of 1, 2 or 5 times a power of ten, about `count` of them."""
        rough = (self.high - self.low) / count
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(self.at(i * step), f"{i * step:.6g}") for i in range(first, last + 1)]


@dataclass(frozen=True)
class LossChart:
    """The loss of one player over training, a line a seed; `lines` are "x,y x,y ..." for a polyline."""

    player: str
    x: Axis
    y: Axis
    lines: Sequence[tuple[int, str]]
    summary: str


def loss_charts(curves: Sequence[Curve], width: float = 300, height: float = 130) -> list[LossChart]:
    """One chart a player. The axis spans the middle 98 % of all losses, so that one spike does not flatten the rest."""
    charts = []
    for player in dict.fromkeys(curve.player for curve in curves):
        mine = [curve for curve in curves if curve.player == player and len(curve.steps)]
        if not mine:
            continue
        low, high = np.percentile(np.concatenate([curve.losses for curve in mine]), [1, 99])
        margin = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
        last = max(curve.steps[-1] for curve in mine)
        x = Axis(0.0, float(max(last, 1)), 0.0, width)
        y = Axis(float(low - margin), float(high + margin), height, 0.0)
        lines = [(curve.seed, " ".join(_points(curve, x, y))) for curve in mine]
        ends = ", ".join(f"{curve.losses[-1]:.3g} (seed {curve.seed})" for curve in mine)
        charts.append(LossChart(player, x, y, lines, f"Loss of {player} over {last} steps; at the end {ends}."))
    return charts


def _points(curve: Curve, x: Axis, y: Axis) -> Iterator[str]:
    """A spike beyond the axis is drawn just outside of it, where the frame cuts it off."""
    reach = y.high - y.low
    for step, loss in zip(curve.steps, curve.losses, strict=True):
        yield f"{x.at(step):g},{y.at(min(max(loss, y.low - reach), y.high + reach)):g}"


@dataclass(frozen=True)
class Point:
    """A run in a scatter: its place, its spread as half widths, and its label where one fits."""

    row: Row
    x: float
    y: float
    spread_x: float
    spread_y: float
    title: str
    label: tuple[float, float, str] | None  # x, y, text-anchor


@dataclass(frozen=True)
class Scatter:
    """Two columns against each other."""

    x: Axis
    y: Axis
    across: Heading
    up: Heading
    points: Sequence[Point]


def precision_recall(board: Leaderboard, extractor: str, width: float = 400, height: float = 330) -> Scatter | None:
    """Precision (up) against recall (across) in one extractor's features; None where it gives no such pair."""
    columns = {column["metric"]: column for column in board["columns"] if column["extractor"] == extractor}
    if not {"precision", "recall"} <= columns.keys():
        return None
    across, up = columns["recall"], columns["precision"]
    x, y = Axis(0.0, 1.0, 0.0, width), Axis(0.0, 1.0, height, 0.0)
    shown = [row for row in board["rows"] if _mean(row, across) is not None and _mean(row, up) is not None]
    places = [(x.at(_mean(row, across) or 0.0), y.at(_mean(row, up) or 0.0)) for row in shown]
    taken: list[Box] = [(left - DOT, top - DOT, left + DOT, top + DOT) for left, top in places]
    points = []
    for row, (left, top) in zip(shown, places, strict=True):
        title = f"{row['run']}: precision {full(row, up)}, recall {full(row, across)}"
        label = _label(row["run"], left, top, taken, (width, height))
        spread = [round((score(row, one)["sd"] or 0.0) * size, 1) for one, size in ((across, width), (up, height))]
        points.append(Point(row, left, top, spread[0], spread[1], title, label))
    return Scatter(x, y, across, up, points)


def _mean(row: Row, column: Heading) -> float | None:
    return score(row, column)["mean"]


def _label(
    name: str, x: float, y: float, taken: list[Box], size: tuple[float, float]
) -> tuple[float, float, str] | None:
    """A place beside the point that covers no other label or point; None where there is none (its title stays)."""
    wide = LETTER * len(name)
    for dx, dy, anchor, shift in (
        (10, 4, "start", 0.0),
        (-10, 4, "end", -wide),
        (0, -10, "middle", -wide / 2),
        (0, 20, "middle", -wide / 2),
        (8, -8, "start", 0.0),
        (8, 16, "start", 0.0),
        (-8, -8, "end", -wide),
        (-8, 16, "end", -wide),
    ):
        left, base = x + dx + shift, y + dy
        box = (left, base - LINE + 3, left + wide, base + 3)
        inside = box[0] >= 0 and box[1] >= -LINE and box[2] <= size[0] + DOT and box[3] <= size[1]
        if inside and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            return round(x + dx, 1), round(base, 1), anchor
    return None


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

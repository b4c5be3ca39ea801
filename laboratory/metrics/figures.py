"""The geometry of the study's charts; the template draws them as SVG, in colours that follow light and dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genbench.report.axes import Axis
from laboratory.metrics.verdicts import Response

SPARK = (56.0, 26.0)  # width and height of a cell's line
CURVE = (230.0, 130.0)
STEP = 22.0  # height of a rank


@dataclass(frozen=True)
class Spark:
    """Line of a metric's mean over rising strengths, and the band that untouched images fall in: (y, height)."""

    points: str
    last: tuple[float, float]
    band: tuple[float, float]


def spark(response: Response) -> Spark:
    """Draw one cell of the table; its height is the range of what is in it."""
    width, height = SPARK
    low, high = min(response.means + response.low[:1]), max(response.means + response.high[:1])
    y = Axis(low, high if high > low else low + 1, height - 2, 2)
    x = Axis(0, len(response.means) - 1, 2, width - 3)
    points = [(x.at(i), y.at(mean)) for i, mean in enumerate(response.means)]
    top, bottom = y.at(response.high[0]), y.at(response.low[0])
    return Spark(_joined(points), points[-1], (top, round(max(bottom - top, 1), 1)))


@dataclass(frozen=True)
class Line:
    """Line of one model: its mean, its range over repeats as a polygon, and the height of the true value, if known."""

    name: str
    points: str
    area: str
    truth: float | None


@dataclass(frozen=True)
class Curve:
    """Metric against the number of images, on a logarithmic axis."""

    key: str
    lines: Sequence[Line]
    x_ticks: Sequence[tuple[float, str]]
    y: Axis
    summary: str


def curve(key: str, models: Mapping[str, Mapping[int, np.ndarray]], truths: Mapping[str, float]) -> Curve:
    """Draw a metric against the number of images; models: {name: {n: values over repeats}}."""
    width, height = CURVE
    counts = sorted({n for values in models.values() for n in values})
    everything = np.concatenate([v for values in models.values() for v in values.values()] + [list(truths.values())])
    low, high = float(everything.min()), float(everything.max())
    margin = 0.05 * (high - low) or 0.5
    y = Axis(low - margin, high + margin, height, 0)
    x = Axis(math.log(counts[0]), math.log(counts[-1]) if counts[-1] > counts[0] else math.log(counts[0]) + 1, 0, width)
    lines, ends = [], []
    for name, values in models.items():
        columns = [(x.at(math.log(n)), v) for n, v in values.items()]
        upper = [(at, y.at(float(v.max()))) for at, v in columns]
        lower = [(at, y.at(float(v.min()))) for at, v in reversed(columns)]
        mean = _joined([(at, y.at(float(v.mean()))) for at, v in columns])
        lines.append(Line(name, mean, _joined(upper + lower), y.at(truths[name]) if name in truths else None))
        ends.append(f"{name} {', '.join(f'{v.mean():.3g} at {n}' for n, v in values.items())}")
    ticks = [(x.at(math.log(n)), f"{n:,}".replace(",", "\u202f")) for n in counts]
    return Curve(key, lines, ticks, y, "; ".join(ends))


@dataclass(frozen=True)
class Bump:
    """Ranks of runs over rulers: each run is a line, named at both ends; runs that share a rank share a label."""

    rulers: Sequence[tuple[float, str]]
    lines: Sequence[tuple[str, str]]  # run, points
    left: Sequence[tuple[float, str]]  # height, runs
    right: Sequence[tuple[float, str]]
    width: float
    height: float


def bump(ranks: Mapping[str, Mapping[str, float]], width: float = 640) -> Bump:
    """Draw ranks {ruler: {run: rank}}, the same runs under all rulers."""
    rulers = list(ranks)
    x = Axis(0, max(len(rulers) - 1, 1), 0, width)
    heights = {ruler: {run: round((rank - 0.5) * STEP, 1) for run, rank in ranks[ruler].items()} for ruler in rulers}
    lines = [
        (run, _joined([(x.at(i), heights[ruler][run]) for i, ruler in enumerate(rulers)])) for run in ranks[rulers[0]]
    ]
    left, right = (_shared(heights[ruler]) for ruler in (rulers[0], rulers[-1]))
    return Bump([(x.at(i), ruler) for i, ruler in enumerate(rulers)], lines, left, right, width, STEP * len(lines))


def _shared(heights: Mapping[str, float]) -> list[tuple[float, str]]:
    """Join the names of the runs at each height."""
    return [(at, ", ".join(run for run, own in heights.items() if own == at)) for at in sorted(set(heights.values()))]


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)

"""A chart of runs as points: positions of the points, of their labels and of the Pareto front.

The template draws them as SVG; every point is a link to its row. A label is written where there is room for it: first
for the front, then for calibration rows, then for the others if they are few. Every other point shows its name when it
has the pointer or the focus.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from genbench.report.axes import Axis, LogAxis
from genbench.report.families import Family, family
from genbench.report.labels import HEIGHT, WIDTH, Label, dots, place
from genbench.report.leaderboard import Row, of_kind

Values = Mapping[str, "Value"]  # by run

FEW = 14  # points that may all have a label, and show their spread unasked
REACH = 1.0  # how far calibration rows may widen an axis to each side, in lengths of what the trained rows span


@dataclass(frozen=True)
class Value:
    """Mean of a run in one quantity, its standard deviation between seeds, and both as a text."""

    mean: float
    sd: float
    text: str


@dataclass(frozen=True)
class Measure:
    """A quantity of runs. better: "lower" or "higher". whole: True for ranks, whose axis has whole numbers."""

    name: str
    values: Values
    better: str
    logarithmic: bool = False
    whole: bool = False

    def label(self, *, upright: bool = False) -> str:
        """Give the name with an arrow to the better end; an upright axis is read turned to the left."""
        onward = (self.better == "higher") != (self.whole and upright)  # ranks count downwards
        return f"{self.name} →" if onward else f"← {self.name}"


@dataclass(frozen=True)
class Point:
    """A run: its position, the ends of its spread if it has one, and its label."""

    row: Row
    family: Family
    x: float
    y: float
    spread_x: tuple[float, float] | None
    spread_y: tuple[float, float] | None
    title: str
    label: Label


@dataclass(frozen=True)
class Scatter:
    """Two quantities against each other.

    front: the line through the trained runs that no other dominates; those that are told the class take no part.
    """

    title: str
    caption: str
    summary: str
    x: Axis
    y: Axis
    across: str
    up: str
    points: Sequence[Point]
    front: str
    diagonal: bool

    @property
    def few(self) -> bool:
        """Return whether there is room for the spread of every point."""
        return len(self.points) <= FEW


class WholeAxis(Axis):
    """An axis of ranks: 1, 2, 3."""

    def ticks(self, count: int) -> list[tuple[float, str]]:
        """Give (position, text) of rank 1 and of round ranks."""
        last = math.floor(self.high)
        step = max(1, *(size for size in (1, 2, 5, 10, 20, 50, 100) if size * count <= last + 1), 1)
        return [(self.at(rank), str(rank)) for rank in dict.fromkeys([1, *range(step, last + 1, step)])]


class FineLogAxis(LogAxis):
    """A logarithmic axis that has ticks at round values also if it spans little."""

    def ticks(self, count: int) -> list[tuple[float, str]]:
        """Give (position, text) as a logarithmic axis does, or as a linear one for less than a decade."""
        if self.high - self.low >= 1:
            return super().ticks(count)
        low, high = 10**self.low, 10**self.high
        return [(self.at(float(text)), text) for _, text in Axis(low, high, self.start, self.end).ticks(count)]


def scatter(
    title: str, caption: str, rows: Sequence[Row], x: Measure, y: Measure, *, diagonal: bool = False
) -> Scatter | None:
    """Draw the rows that have both quantities; None for fewer than three rows, or fewer than two trained ones.

    Calibration rows far from every trained row would take all the room, so the caption lists them instead.
    diagonal: True if both axes have the same quantity; a line shows where they agree.
    """
    known = [row for row in rows if row["run"] in x.values and row["run"] in y.values]
    competing = [row for row in known if not row["calibration"]]
    if len(known) < 3 or len(competing) < 2:
        return None
    shown = [
        row for row in known if not row["calibration"] or all(_near(row, measure, competing) for measure in (x, y))
    ]
    across, up = _axis(x, shown, WIDTH), _axis(y, shown, HEIGHT, upright=True)
    front = [] if diagonal else _front(of_kind(competing, "trained"), x, y)
    points = _points(shown, x, y, across, up, {row["run"] for row in front})
    return Scatter(
        title,
        " ".join([caption, *_outside([row for row in known if row not in shown], x, y)]),
        _summary(title, shown, front),
        across,
        up,
        x.label(),
        y.label(upright=True),
        sorted(points, key=lambda point: point.label.always),
        _staircase([(across.at(x.values[row["run"]].mean), up.at(y.values[row["run"]].mean)) for row in front], x),
        diagonal,
    )


def _scale(measure: Measure, value: float) -> float:
    return math.log10(value) if measure.logarithmic else value


def _span(measure: Measure, rows: Iterable[Row]) -> tuple[float, float]:
    values = [_scale(measure, measure.values[row["run"]].mean) for row in rows]
    return min(values), max(values)


def _near(row: Row, measure: Measure, competing: Sequence[Row]) -> bool:
    low, high = _span(measure, competing)
    reach = REACH * max(high - low, 0.1 * abs(high), 1e-9)
    return low - reach <= _scale(measure, measure.values[row["run"]].mean) <= high + reach


def _axis(measure: Measure, rows: Sequence[Row], size: float, *, upright: bool = False) -> Axis:
    low, high = _span(measure, rows)
    margin = 0.07 * (high - low) or 0.05 * abs(high) or 0.5
    if measure.whole:
        ends = (0.0, size)  # rank 1 is to the left and on top
        return WholeAxis(min(low, 1) - 0.5, high + 0.5, *ends)
    ends = (size, 0.0) if upright else (0.0, size)
    return (FineLogAxis if measure.logarithmic else Axis)(low - margin, high + margin, *ends)


def _front(rows: Sequence[Row], x: Measure, y: Measure) -> list[Row]:
    """Find the rows of the Pareto front, from left to right: no other row is better in one and as good in the other."""

    def costs(row: Row) -> tuple[float, float]:
        signs = (-1 if measure.better == "higher" else 1 for measure in (x, y))
        across, up = (sign * measure.values[row["run"]].mean for sign, measure in zip(signs, (x, y), strict=True))
        return across, up

    front: list[Row] = []
    for row in sorted(rows, key=costs):
        if not front or costs(row)[1] < costs(front[-1])[1]:
            front.append(row)
    return sorted(front, key=lambda row: x.values[row["run"]].mean)


def _staircase(corners: Sequence[tuple[float, float]], x: Measure) -> str:
    """Draw the edge of the region that the front dominates, as the path of a staircase."""
    if not corners:
        return ""
    path = f"M{corners[0][0]:g},{corners[0][1]:g}"
    for left, top in corners[1:]:
        path += f"H{left:g}V{top:g}" if x.better == "lower" else f"V{top:g}H{left:g}"
    return path


def _outside(rows: Sequence[Row], x: Measure, y: Measure) -> list[str]:
    if not rows:
        return []
    listed = "; ".join(f"{row['run']}: {y.values[row['run']].text}, {x.values[row['run']].text}" for row in rows)
    return [f"These rows lie outside the frame: {listed}."]


def _summary(title: str, shown: Sequence[Row], front: Sequence[Row]) -> str:
    best = f" The Pareto front holds {', '.join(row['run'] for row in front)}." if front else ""
    return f"{title}: {len(shown)} runs as points.{best} The table and its rows hold every number."


def _points(rows: Sequence[Row], x: Measure, y: Measure, across: Axis, up: Axis, front: set[str]) -> list[Point]:
    positions = {row["run"]: (across.at(x.values[row["run"]].mean), up.at(y.values[row["run"]].mean)) for row in rows}
    taken = dots(list(positions.values()))
    labels: dict[str, Label] = {}
    for row in sorted(rows, key=lambda row: (row["run"] not in front, not row["calibration"])):
        wanted = row["run"] in front or row["calibration"] or len(rows) <= FEW
        labels[row["run"]] = place(row["run"], *positions[row["run"]], taken, wanted)
    return [
        Point(
            row,
            family(row),
            *positions[row["run"]],
            _spread(across, x.values[row["run"]]),
            _spread(up, y.values[row["run"]]),
            f"{row['run']}: {y.values[row['run']].text}, {x.values[row['run']].text}",
            labels[row["run"]],
        )
        for row in rows
    ]


def _spread(axis: Axis, value: Value) -> tuple[float, float] | None:
    """Give the ends of a bar of one standard deviation each way, cut off at the frame."""
    if not value.sd:
        return None
    first, last = sorted((axis.start, axis.end))
    low, high = (min(max(axis.at(end), first), last) for end in (value.mean - value.sd, value.mean + value.sd))
    return low, high

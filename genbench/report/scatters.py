"""Runs as points: one quantity against another. The template draws them as SVG, every point a link to its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from genbench.report import likelihood
from genbench.report.axes import Axis, log_axis
from genbench.report.costs import Cost, duration
from genbench.report.leaderboard import Heading, Leaderboard, Row, headline, score
from genbench.report.printed import full

Box = tuple[float, float, float, float]  # left, top, right, bottom

SIZE = (400.0, 330.0)  # of a chart
LETTER = 7.0  # width of a label's letter, in the chart's units
LINE = 14.0  # height of a label
DOT = 5.0  # radius of a point
OUTLINE = "Filled points are trained runs, open ones calibration; bars are one standard deviation."


@dataclass(frozen=True)
class Value:
    """A run's place on an axis, its standard deviation over seeds, and both in words."""

    mean: float
    sd: float
    text: str


Values = Mapping[str, Value]  # by run


@dataclass(frozen=True)
class Point:
    """A run: its place, the ends of its spread where it has one, and its label where one fits."""

    row: Row
    x: float
    y: float
    spread_x: tuple[float, float] | None
    spread_y: tuple[float, float] | None
    title: str
    label: tuple[float, float, str] | None  # x, y, text-anchor


@dataclass(frozen=True)
class Scatter:
    """Two quantities against each other."""

    title: str
    caption: str
    x: Axis
    y: Axis
    across: str
    up: str
    points: Sequence[Point]


def scatters(board: Leaderboard, costs: Mapping[str, Sequence[Cost]]) -> list[Scatter]:
    """All that there are numbers for. costs: by run, one a seed."""
    found = [_precision_recall(board, extractor) for extractor in board["protocols"]]
    first = headline(board)[0]
    if first["better"] == "lower" and first["low"] == 0.0:
        scores = _scores(board, first)
        found += [_against_likelihood(board, first, scores), _against_cost(board, first, scores, costs)]
    return [scatter for scatter in found if scatter]


def _precision_recall(board: Leaderboard, extractor: str) -> Scatter | None:
    columns = {column["metric"]: column for column in board["columns"] if column["extractor"] == extractor}
    if not {"precision", "recall"} <= columns.keys():
        return None
    recall, precision = (_scores(board, columns[key]) for key in ("recall", "precision"))
    name = board["protocols"][extractor]["name"]
    return Scatter(
        f"Precision against recall, {name}" if len(board["protocols"]) > 1 else "Precision against recall",
        "Precision: the share of samples that lie among real images. Recall: the share of real images that lie among "
        f"samples. {OUTLINE}",
        x := Axis(0.0, 1.0, 0.0, SIZE[0]),
        y := Axis(0.0, 1.0, SIZE[1], 0.0),
        f"{columns['recall']['label']} →",
        f"{columns['precision']['label']} →",
        _points(board, recall, precision, x, y),
    )


def _against_likelihood(board: Leaderboard, column: Heading, scores: Values) -> Scatter | None:
    bits = {
        row["run"]: Value(said["mean"], said["sd"] or 0.0, f"{likelihood.text(row)} bits/dim ({said['kind']})")
        for row in board["rows"]
        if (said := row["likelihood"]) and row["run"] in scores
    }
    if len(bits) < 3:
        return None
    low, high = min(one.mean for one in bits.values()), max(one.mean for one in bits.values())
    margin = 0.08 * (high - low) or 0.5
    return Scatter(
        "Sample quality against likelihood",
        f"Left predicts test images better, below looks more like them in {column['heading']}. Some bits are exact, "
        f"others an upper bound or an estimate: a point's title says which. {OUTLINE}",
        x := Axis(low - margin, high + margin, 0.0, SIZE[0]),
        y := log_axis([scores[run].mean for run in bits], SIZE[1], 0.0),
        f"← {likelihood.HEADING}",
        f"← {column['label']}",
        _points(board, bits, scores, x, y),
    )


def _against_cost(
    board: Leaderboard, column: Heading, scores: Values, costs: Mapping[str, Sequence[Cost]]
) -> Scatter | None:
    times = {
        run: [cost.train_seconds for cost in of if cost.train_seconds and cost.steps_per_second]
        for run, of in costs.items()
    }
    spent = {
        run: Value(fmean(of), stdev(of) if len(of) > 1 else 0.0, f"{duration(fmean(of))} of training")
        for run, of in times.items()
        if of and run in scores
    }
    if len(spent) < 3:
        return None
    return Scatter(
        "Sample quality against training time",
        f"Wall clock a seed, on the machine that made this page. {OUTLINE}",
        x := log_axis([one.mean for one in spent.values()], 0.0, SIZE[0]),
        y := log_axis([scores[run].mean for run in spent], SIZE[1], 0.0),
        "← seconds",
        f"← {column['label']}",
        _points(board, spent, scores, x, y),
    )


def _scores(board: Leaderboard, column: Heading) -> dict[str, Value]:
    return {
        row["run"]: Value(mean, score(row, column)["sd"] or 0.0, f"{column['label']} {full(row, column)}")
        for row in board["rows"]
        if (mean := score(row, column)["mean"]) is not None
    }


def _points(board: Leaderboard, across: Values, up: Values, x: Axis, y: Axis) -> list[Point]:
    shown = [row for row in board["rows"] if row["run"] in across and row["run"] in up]
    places = [(x.at(across[row["run"]].mean), y.at(up[row["run"]].mean)) for row in shown]
    taken: list[Box] = [(left - DOT, top - DOT, left + DOT, top + DOT) for left, top in places]
    points = []
    for row, (left, top) in zip(shown, places, strict=True):
        one, other = across[row["run"]], up[row["run"]]
        label = _label(row["run"], left, top, taken, SIZE)
        title = f"{row['run']}: {other.text}, {one.text}"
        points.append(Point(row, left, top, _spread(x, one), _spread(y, other), title, label))
    return points


def _spread(axis: Axis, value: Value) -> tuple[float, float] | None:
    """The ends of a bar of one standard deviation each way, cut off at the frame."""
    if not value.sd:
        return None
    first, last = sorted((axis.start, axis.end))
    low, high = (min(max(axis.at(end), first), last) for end in (value.mean - value.sd, value.mean + value.sd))
    return low, high


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

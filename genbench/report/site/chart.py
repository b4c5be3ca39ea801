"""The chart of a history: a line a run, commits side by side, lower or higher as the column goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genbench.report.axes import Axis, LogAxis, log_axis
from genbench.report.leaderboard import Heading, Row, score, trained
from genbench.report.site.history import History, Revision

WIDTH, HEIGHT = 560, 360
LABEL = 13  # units between names
NAMED = HEIGHT // LABEL  # as many as fit


@dataclass(frozen=True)
class Line:
    """A run's points as (x, y, what they say), in pieces that share a protocol; its name at (WIDTH, label)."""

    run: str
    pieces: list[list[tuple[float, float, str]]]
    label: float | None


@dataclass(frozen=True)
class Chart:
    """What the template draws. breaks: where the protocol changed."""

    y: LogAxis
    lines: list[Line]
    dates: list[tuple[float, str]]
    breaks: list[float]


def chart(history: History) -> Chart | None:
    """The chart of a history's trained runs; None of fewer than two commits."""
    if len(history.revisions) < 2:
        return None
    x = Axis(0, len(history.revisions) - 1, 0, WIDTH)
    runs = [row["run"] for row in trained(history.revisions[-1].board)]
    means = [value(one, run, history.column) for one in history.revisions for run in runs]
    y = log_axis(means, HEIGHT, 0)
    drawn = [Line(run, _pieces(history, run, x, y), None) for run in runs]
    dates = [(x.at(place), one.date) for place, one in enumerate(history.revisions)]
    starts = [sum(map(len, history.parts()[:count])) for count in range(1, len(history.parts()))]
    every = -(-len(dates) // 6)
    return Chart(y, _labelled(drawn), dates[::every], [x.at(start - 0.5) for start in starts])


def value(revision: Revision, run: str, column: Heading) -> float | None:
    """A run's mean at a commit, None where it has none in that column."""
    row = row_of(revision, run)
    columns = [(one["extractor"], one["metric"]) for one in revision.board["columns"]]
    there = row is not None and (column["extractor"], column["metric"]) in columns
    return score(row, column)["mean"] if row is not None and there else None


def row_of(revision: Revision, run: str) -> Row | None:
    """A run's row at a commit."""
    return next((row for row in revision.board["rows"] if row["run"] == run), None)


def _pieces(history: History, run: str, x: Axis, y: LogAxis) -> list[list[tuple[float, float, str]]]:
    pieces, place = [], 0
    for part in history.parts():
        points = []
        for revision in part:
            mean = value(revision, run, history.column)
            if mean is not None and mean > 0:
                said = f"{run}, {revision.date}: {mean:.{history.column['decimals']}f}"
                points.append((x.at(place), y.at(mean), said))
            place += 1
        pieces += [points] if points else []
    return pieces


def _labelled(lines: Sequence[Line]) -> list[Line]:
    """Names beside the ends of the lines that are drawn to the end, pushed apart where they would overlap."""
    ends = sorted(
        ((line.pieces[-1][-1][1], line) for line in lines if line.pieces and line.pieces[-1][-1][0] == WIDTH),
        key=lambda pair: pair[0],
    )
    places: dict[str, float] = {}
    below = -float(LABEL)
    for end, line in ends[:NAMED]:
        below = max(end, below + LABEL)
        places[line.run] = below
    return [Line(line.run, line.pieces, places.get(line.run)) for line in lines]

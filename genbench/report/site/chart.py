"""The chart of a history: one line for each run over the commits, on a logarithmic scale."""

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
    """Points of a run as (x, y, title), in pieces that share a protocol; its name is at (WIDTH, label)."""

    run: str
    pieces: list[list[tuple[float, float, str]]]
    label: float | None


@dataclass(frozen=True)
class Chart:
    """Parts that the template draws. breaks: positions at which the protocol changed."""

    y: LogAxis
    lines: list[Line]
    dates: list[tuple[float, str]]
    breaks: list[float]


def chart(history: History) -> Chart | None:
    """Draw the trained runs of a history; None for fewer than two commits."""
    if len(history.revisions) < 2:
        return None
    x = Axis(0, len(history.revisions) - 1, 0, WIDTH)
    runs = [row["run"] for row in trained(history.revisions[-1].board)]
    means = [value(revision, run, history.column) for revision in history.revisions for run in runs]
    y = log_axis(means, HEIGHT, 0)
    drawn = [Line(run, _pieces(history, run, x, y), None) for run in runs]
    dates = [(x.at(index), revision.date) for index, revision in enumerate(history.revisions)]
    starts = [sum(map(len, history.parts()[:count])) for count in range(1, len(history.parts()))]
    every = -(-len(dates) // 6)
    return Chart(y, _labelled(drawn), dates[::every], [x.at(start - 0.5) for start in starts])


def value(revision: Revision, run: str, column: Heading) -> float | None:
    """Give a run's mean at a commit, None where it has none in that column."""
    row = row_of(revision, run)
    columns = [(known["extractor"], known["metric"]) for known in revision.board["columns"]]
    if row is None or (column["extractor"], column["metric"]) not in columns:
        return None
    return score(row, column)["mean"]


def row_of(revision: Revision, run: str) -> Row | None:
    """Find a run's row at a commit."""
    return next((row for row in revision.board["rows"] if row["run"] == run), None)


def _pieces(history: History, run: str, x: Axis, y: LogAxis) -> list[list[tuple[float, float, str]]]:
    pieces, index = [], 0
    for part in history.parts():
        points = []
        for revision in part:
            mean = value(revision, run, history.column)
            if mean is not None and mean > 0:
                title = f"{run}, {revision.date}: {mean:.{history.column['decimals']}f}"
                points.append((x.at(index), y.at(mean), title))
            index += 1
        pieces += [points] if points else []
    return pieces


def _labelled(lines: Sequence[Line]) -> list[Line]:
    """Put names beside the lines that reach the last commit, pushed apart where they would overlap."""
    ends = sorted(
        ((line.pieces[-1][-1][1], line) for line in lines if line.pieces and line.pieces[-1][-1][0] == WIDTH),
        key=lambda pair: pair[0],
    )
    labels: dict[str, float] = {}
    below = -float(LABEL)
    for end, line in ends[:NAMED]:
        below = max(end, below + LABEL)
        labels[line.run] = below
    return [Line(line.run, line.pieces, labels.get(line.run)) for line in lines]

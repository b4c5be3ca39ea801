"""The chart of a history: one line for each run over the commits, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from genbench.report.axes import Axis, LogAxis, log_axis, spaced
from genbench.report.leaderboard import Heading, Row, score, trained
from genbench.report.site.history import History, Revision

WIDTH, HEIGHT = 560, 360
LABEL = 13  # units between names
NAMED = HEIGHT // LABEL  # as many as fit
COLOURS = 10  # of the style
DATE = 90  # units from one date to the next


@dataclass(frozen=True)
class Line:
    """Points of a run as (x, y, title), in pieces that share a protocol; its name stands beside WIDTH, at label.

    colour: its number in the page's style, which starts anew after COLOURS.
    """

    run: str
    colour: int
    pieces: list[list[tuple[float, float, str]]]
    label: float | None


@dataclass(frozen=True)
class Chart:
    """Parts that the template draws. breaks: positions at which the protocol changed."""

    y: LogAxis
    lines: list[Line]
    dates: list[tuple[float, str]]
    breaks: list[float]


def chart(history: History) -> Chart:
    """Draw the trained runs of a history of two commits at least."""
    x = Axis(0, len(history.revisions) - 1, 0, WIDTH)
    runs = [row["run"] for row in trained(history.revisions[-1].board)]
    means = [value(revision, run, history.column) for revision in history.revisions for run in runs]
    y = log_axis(means, HEIGHT, 0)
    drawn = [Line(run, index % COLOURS, _pieces(history, run, x, y), None) for index, run in enumerate(runs)]
    dates = [(x.at(index), revision.date) for index, revision in enumerate(history.revisions)]
    starts = [sum(map(len, history.parts()[:count])) for count in range(1, len(history.parts()))]
    return Chart(y, _labelled(drawn), _apart(dates), [x.at(start - 0.5) for start in starts])


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


def _apart(dates: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Leave out dates that another one left of them would touch, and those that say the same as it."""
    kept: list[tuple[float, str]] = []
    for at, text in dates:
        if not kept or at - kept[-1][0] >= DATE and text != kept[-1][1]:
            kept.append((at, text))
    return kept


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
    """Put names beside the lines that reach the last commit, apart where they would overlap, and inside the chart."""
    ends = sorted(
        ((line.pieces[-1][-1][1], line.run) for line in lines if line.pieces and line.pieces[-1][-1][0] == WIDTH),
    )[:NAMED]
    places = spaced([max(end, 0.0) for end, _ in ends], LABEL, HEIGHT)
    labels = dict(zip((run for _, run in ends), places, strict=True))
    return [replace(line, label=labels.get(line.run)) for line in lines]

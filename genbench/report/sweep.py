"""Quality against network calls: records of the stage sweep as a table, and as charts of the fronts.

A board without a sweep has neither. Imports nothing that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.metrics import Column
from genbench.report.axes import Axis, log_axis, spaced
from genbench.report.families import MARKS, OTHER
from genbench.report.labels import LINE
from genbench.report.leaderboard import SEEDS, Heading, Leaderboard, Row, Score, Sweep, SweepPoint, finished, trained
from genbench.report.printed import heading, integer, number

HEADS = ("run", "steps", "network calls")
SHARED = ("extractor", "weights", "resize", "reference", "n_real", "n_fake", "options")  # of all points of a sweep
WIDTH, HEIGHT = 400.0, 300.0  # of a chart


def add(board: Leaderboard, folder: Path, runs: Sequence[str], columns: Mapping[str, Column]) -> None:
    """Read folder/<run>/sweep-<seed>.json of every finished cell of `runs` into the board.

    columns: those of the metrics, of which a sweep shows the headlines. Two protocols are an InputError.
    """
    found = {row["run"]: _records(row, folder) for row in trained(board) if row["run"] in runs and finished(row)}
    board["sweep"] = None
    protocols = [record["protocol"] for seeds in found.values() for records in seeds for record in records]
    if not protocols:
        return
    first = protocols[0]
    if other := next((one for one in protocols if any(one[key] != first[key] for key in SHARED)), None):
        keys = ", ".join(key for key in SHARED if other[key] != first[key])
        raise InputError(f"{folder}: one sweep has one protocol, but there are two values of {keys}")
    shown = [key for key, column in columns.items() if column.headline]
    rows = {run: [_point(records, shown) for records in zip(*seeds, strict=True)] for run, seeds in found.items()}
    board["sweep"] = Sweep(extractor=first["extractor"], n_real=first["n_real"], n_fake=first["n_fake"], rows=rows)


def _records(row: Row, folder: Path) -> list[list[dict[str, Any]]]:
    """Read the records of a row's finished seeds, which must be of the same steps."""
    files = [folder / row["run"] / f"sweep-{cell['seed']}.json" for cell in finished(row)]
    seeds: list[list[dict[str, Any]]] = [read_json(file) for file in files]
    try:
        steps = {tuple((record["steps"], record["calls"]) for record in records) for records in seeds}
        whole = all(record["protocol"].keys() >= set(SHARED) and "metrics" in record for r in seeds for record in r)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{files[0].parent}: not records of the stage sweep: {error!r}") from None
    if not whole or len(steps) > 1:
        raise InputError(f"{files[0].parent}: expected a sweep of the same steps and a protocol for each seed")
    return seeds


def _point(records: Sequence[Mapping[str, Any]], shown: Sequence[str]) -> SweepPoint:
    """Average one number of steps over seeds."""
    keys = [key for key in shown if all(key in record["metrics"] for record in records)]
    scores = {key: _score([record["metrics"][key] for record in records]) for key in keys}
    return SweepPoint(steps=records[0]["steps"], calls=records[0]["calls"], scores=scores)


def _score(values: Sequence[float]) -> Score:
    sd = statistics.stdev(values) if len(values) >= SEEDS else None
    return Score(mean=statistics.fmean(values), sd=sd, n=len(values))


def columns(board: Leaderboard) -> list[Heading]:
    """List the columns of the board that the sweep has numbers for."""
    sweep = board.get("sweep")
    if not sweep:
        return []
    known = {key for points in sweep["rows"].values() for point in points for key in point["scores"]}
    return [
        column for column in board["columns"] if column["extractor"] == sweep["extractor"] and column["metric"] in known
    ]


def heads(board: Leaderboard) -> list[str]:
    """Name the columns of the table."""
    return [*HEADS, *(heading(column) for column in columns(board))]


def table(board: Leaderboard) -> list[list[str]]:
    """Give a row for each run and number of steps; none without a sweep."""
    sweep, shown = board.get("sweep"), columns(board)
    if not sweep:
        return []
    return [
        [run, integer(point["steps"]), integer(point["calls"]), *(_text(point, column) for column in shown)]
        for run, points in sweep["rows"].items()
        for point in points
    ]


def _text(point: SweepPoint, column: Heading) -> str:
    score = point["scores"].get(column["metric"], Score(mean=None, sd=None, n=0))
    text = number(score["mean"], column["decimals"])
    return text if score["sd"] is None else f"{text} [{number(score['sd'], column['decimals'])}]"


def note(board: Leaderboard) -> str:
    """Explain the numbers; "" where there are none."""
    sweep = board.get("sweep")
    if not sweep:
        return ""
    return (
        "The same weights are sampled with other numbers of steps. Calls of the network an image are counted, and not "
        f"derived: a step may have one or two. Each number is of {integer(sweep['n_fake'])} images against "
        f"{integer(sweep['n_real'])} real ones, a mean over seeds, with the standard deviation between seeds in "
        "brackets. The dashed line is the Pareto front: no run is better at as many calls or fewer."
    )


@dataclass(frozen=True)
class Line:
    """A run: its points, (x, y, title), their path, and where its name stands. colour, mark: as of a family."""

    run: str
    colour: int
    mark: str
    points: Sequence[tuple[float, float, str]]
    path: str
    name: tuple[float, float]


@dataclass(frozen=True)
class Front:
    """Chart of a metric against calls, one line for each run. front: path of the Pareto front."""

    title: str
    summary: str
    x: Axis
    y: Axis
    across: str
    up: str
    lines: Sequence[Line]
    front: str


def fronts(board: Leaderboard) -> list[Front]:
    """Draw a chart for each column that is better lower."""
    return [chart for column in columns(board) if column["better"] == "lower" for chart in _chart(board, column)]


def _chart(board: Leaderboard, column: Heading) -> Iterator[Front]:
    sweep = board["sweep"]
    assert sweep
    values = {
        run: [(point["calls"], mean) for point in points if (mean := _mean(point, column)) is not None]
        for run, points in sweep["rows"].items()
    }
    values = {run: points for run, points in values.items() if points}
    scores = [score for points in values.values() for _, score in points]
    x = log_axis([calls for points in values.values() for calls, _ in points], 0.0, WIDTH)
    y = log_axis(scores, HEIGHT, 0.0) if min(scores) > 0 else _linear(scores)
    best = _best(sorted(point for points in values.values() for point in points))
    corners = [(x.at(calls), y.at(score)) for calls, score in best]
    yield Front(
        f"{column['heading']} against network calls",
        f"{column['heading']} of {', '.join(values)} at {min(c for c, _ in best)} to {max(c for c, _ in best)} calls.",
        x,
        y,
        "← network calls an image",
        f"← {column['heading']}",
        _lines(values, x, y, column),
        f"M{corners[0][0]:g},{corners[0][1]:g}" + "".join(f"H{left:g}V{top:g}" for left, top in corners[1:]),
    )


def _mean(point: SweepPoint, column: Heading) -> float | None:
    score = point["scores"].get(column["metric"])
    return score["mean"] if score else None


def _linear(scores: Sequence[float]) -> Axis:
    margin = 0.05 * (max(scores) - min(scores)) or 0.5
    return Axis(min(scores) - margin, max(scores) + margin, HEIGHT, 0.0)


def _best(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Select of points in ascending order those that no other is better than, at as many calls or fewer."""
    best: list[tuple[int, float]] = []
    for point in points:
        if not best or point[1] < best[-1][1]:
            best.append(point)
    return best


def _lines(values: Mapping[str, Sequence[tuple[int, float]]], x: Axis, y: Axis, column: Heading) -> list[Line]:
    """Draw each run; names stand at the ends of lines, apart where they would cover each other."""
    places = {
        run: [(x.at(c), y.at(s), f"{run}: {number(s, column['decimals'])} at {c} calls") for c, s in points]
        for run, points in values.items()
    }
    order = sorted(places, key=lambda run: places[run][-1][1])
    heights = dict(zip(order, spaced([places[run][-1][1] + 4 for run in order], LINE, HEIGHT + 4), strict=True))
    styles = cycle([*enumerate(list(MARKS.values())[:-1]), (len(MARKS), OTHER)])  # without that of calibration rows
    return [
        Line(
            run,
            colour,
            mark,
            points,
            "M" + "L".join(f"{left:g},{top:g}" for left, top, _ in points),
            (round(points[-1][0] + 10, 1), round(heights[run], 1)),
        )
        for (run, points), (colour, mark) in zip(places.items(), styles, strict=False)
    ]

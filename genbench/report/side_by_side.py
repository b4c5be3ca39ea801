"""Two rows of the page side by side: the numbers that its script compares.

A pair of rows is chosen by a reader, and a hundred rows have 4,950 pairs, so that the script computes the differences
(templates/student.js), by the formulas of :mod:`genbench.report.compare.noise`. It is given mean, variance with n − 1
and number of seeds of every number of a row.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from genbench.report import human, likelihood, sizes, truths
from genbench.report.best_weights import of_best_weights
from genbench.report.costs import Cost
from genbench.report.leaderboard import Leaderboard, Row, SeedResult, finished, headline
from genbench.report.printed import heading, integer


class Line(NamedTuple):
    """A number that rows are compared by. first: True of those that the page shows in tables.

    of: the number of a seed, None where it has none. sign: what stands before a row's number, "≤ " of a bound.
    """

    label: str
    better: str
    decimals: int
    first: bool
    of: Callable[[SeedResult], float | None]
    sign: Callable[[Row], str]


def lines(board: Leaderboard) -> list[Line]:
    """List the numbers that rows are compared by, those of the table of scores and the truths first."""
    shown = [column for column in headline(board) if not of_best_weights(column["metric"])]
    shown += truths.columns(board)
    found = [
        Line(
            heading(column) if len(board["protocols"]) > 1 else column["label"],
            column["better"],
            column["decimals"],
            column in shown,
            lambda cell, at=column: cell["scores"][at["extractor"]][at["metric"]],  # type: ignore[misc]
            lambda row: "",
        )
        for column in board["columns"]
    ]
    found += [
        Line(bits.label, bits.better, likelihood.DECIMALS, True, bits.of_seed, lambda row, at=bits: _sign(at, row))  # type: ignore[misc]
        for bits in likelihood.shown(board)
    ]
    return sorted(found, key=lambda line: not line.first)


def heads(compared: Sequence[Line]) -> list[dict[str, Any]]:
    """Give what the script is told of each of the `lines`."""
    said = ("label", "better", "decimals", "first")
    return [{name: getattr(line, name) for name in said} for line in compared]


def numbers(compared: Sequence[Line], row: Row) -> list[list[Any] | None]:
    """Give by line (mean, variance, seeds, sign) of a row, rounded; None where a finished seed lacks the number."""
    found: list[list[Any] | None] = []
    for line in compared:
        values = [value for cell in finished(row) if (value := line.of(cell)) is not None]
        if not values or len(values) < len(finished(row)):
            found.append(None)
            continue
        variance = statistics.variance(values) if len(values) > 1 else 0.0
        found.append([_rounded(statistics.fmean(values), 8), _rounded(variance, 6), len(values), line.sign(row)])
    return found


def facts(board: Leaderboard, row: Row, costs: Sequence[Cost]) -> list[tuple[str, str]]:
    """Give (heading, text) of what else is compared: sizes, the mean cost of a seed, and what people said."""
    cell = next(iter(finished(row)), row["cells"][0])
    texts = sizes.texts(cell) | {"images seen": integer(cell["images_seen"])} | _mean(costs).texts
    return [*texts.items(), *((column.heading, column.text(row)) for column in human.shown(board))]


def _mean(costs: Sequence[Cost]) -> Cost:
    """Give the means over the seeds whose cost is known."""
    known: Mapping[str, list[float]] = {
        field.name: [value for cost in costs if (value := getattr(cost, field.name)) is not None]
        for field in fields(Cost)
    }
    return Cost(**{name: statistics.fmean(values) for name, values in known.items() if values})


def _sign(bits: likelihood.Bits, row: Row) -> str:
    known = bits.of(row)
    return likelihood.SIGNS[known["kind"]] if known else ""


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")

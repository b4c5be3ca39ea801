"""What metrics say of spoilt draws: which spoilings they do not see, and how many strengths they put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean

from genbench.metrics import Column
from laboratory.metrics.verdicts import MIDDLE, Response, response
from laboratory.truth.spoilt import Row

Responses = Mapping[str, Mapping[str, Response]]  # key of a number, then kind


def responses(rows: Sequence[Row], columns: Mapping[str, Column], kinds: Sequence[str]) -> Responses:
    """Collect the responses of the metrics that have any, of rows of one number of images: {key: {kind: response}}."""
    found: dict[str, dict[str, Response]] = {}
    for key, column in columns.items():
        by_kind = {kind: one for kind in kinds if (one := _response(rows, kind, key, column))}
        if by_kind:
            found[key] = by_kind
    return found


def _response(rows: Sequence[Row], kind: str, key: str, column: Column) -> Response | None:
    one = response(rows, kind, key, column)
    return one if one and one.strengths[0] == 0 else None  # without fresh draws there is nothing to compare with


def ordered(by_kind: Mapping[str, Response], key: str, column: Column) -> tuple[int, int]:
    """Count the pairs of strengths, fresh draws among them, of which the stronger one has the worse mean, and all."""
    right = total = 0
    for one in by_kind.values():
        worse = [_turned(mean, key, column) for mean in one.means]
        outcomes = [stronger > weaker for weaker, stronger in combinations(worse, 2)]
        right, total = right + sum(outcomes), total + len(outcomes)
    return right, total


def _turned(value: float, key: str, column: Column) -> float:
    if column.better == "none":
        return abs(value - MIDDLE[key])
    return -value if column.better == "higher" else value


def unseen(by_kind: Mapping[str, Response]) -> list[str]:
    """List the kinds of which no strength is worse than every fresh draw."""
    return [kind for kind, one in by_kind.items() if "worse" not in one.verdicts]


def averaged(truths: Sequence[Row]) -> list[Row]:
    """Average the truths over seeds by kind, strength and n; standard errors are of the mean. None is infinite."""
    cases: dict[tuple[str, float, int | None], list[Row]] = {}
    for row in truths:
        cases.setdefault((row["kind"], row["strength"], row["n"]), []).append(row)
    return [_mean(rows) for rows in cases.values()]


def _mean(rows: Sequence[Row]) -> Row:
    first = rows[0]
    made = {name: first[name] for name in ("kind", "strength", "n")}
    for key in [name for name in first if name not in made]:
        values = [row[key] for row in rows]
        if None in values:
            made[key] = None
        elif key.endswith("_se"):
            made[key] = sum(value**2 for value in values) ** 0.5 / len(values)
        else:
            made[key] = fmean(values)
    return made

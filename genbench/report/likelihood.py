"""Bits per dimension on the leaderboard: a column of its own, in which kinds of number are never ranked together.

Imports nothing that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.report.leaderboard import (
    BitsPerDimension,
    Leaderboard,
    LikelihoodSummary,
    Row,
    SeedResult,
    finished,
    trained,
)
from genbench.report.printed import ARROWS, number
from genbench.text import MISSING

HEADING = "bits/dim"
LABEL = f"{HEADING} {ARROWS['lower']}"
FAILS = (
    "Says how well a model predicts images, not how its samples look: a mixture with noise loses almost nothing, and "
    "a model that repeats its training images loses everything (Theis et al. 2016)."
)
DECIMALS = 3
SIGNS = {"exact": "", "lower bound": "≤ ", "estimate": "≈ "}  # bits are at most what a lower bound of log P says


def add(board: Leaderboard, folder: Path) -> None:
    """Read folder/<run>/<seed>.json of every finished cell into the board.

    Two protocols are an InputError: another number of images or draws in any two cells, another kind of number in two
    seeds of a run.
    """
    first: _Record | None = None
    for row in board["rows"]:
        records = [_read(folder / row["run"] / f"{cell['seed']}.json", cell) for cell in finished(row)]
        present = [record for record in records if record]
        for record in present:
            _require_equal(present[0], record, ("kind", "method"))
            _require_equal(first or record, record, ("n", "draws"))
            first = first or record
        if present and len(present) == len(records):
            row["likelihood"] = _likelihood(present)
    if first:
        board["likelihood"] = LikelihoodSummary(n=first.said["n"], draws=first.said["draws"], best=_best(board))


class _Record(NamedTuple):
    path: Path
    bits: float
    said: dict[str, Any]


def _read(path: Path, cell: SeedResult) -> _Record | None:
    """A cell's record, its bits put into the cell; None of a model that gives none, or of one not finite."""
    record = read_json(path)
    if record is None:
        return None
    try:
        bits = record["bits_per_dimension"]
        found = _Record(path, bits, {key: record[key] for key in ("kind", "method", "n", "draws")})
        if bits is None or not math.isfinite(bits):
            return None
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: not a record of the stage likelihood: {error!r}") from None
    cell["bits_per_dimension"] = bits
    return found


def _require_equal(one: _Record, other: _Record, keys: Sequence[str]) -> None:
    for key in keys:
        if one.said[key] != other.said[key]:
            raise InputError(
                f"one column of likelihoods holds one protocol, but {key} differs: {one.said[key]!r} in {one.path}, "
                f"{other.said[key]!r} in {other.path}"
            )


def _likelihood(records: Sequence[_Record]) -> BitsPerDimension:
    values = [record.bits for record in records]
    return BitsPerDimension(
        kind=records[0].said["kind"],
        method=records[0].said["method"],
        mean=statistics.fmean(values),
        sd=statistics.stdev(values) if len(values) > 1 else None,
    )


def _best(board: Leaderboard) -> dict[str, list[str]]:
    """By kind: the trained rows that print the lowest number, of two or more that finished every seed."""
    best: dict[str, list[str]] = {}
    for kind in SIGNS:
        means = {
            row["run"]: round(said["mean"], DECIMALS)
            for row in trained(board)
            if (said := row["likelihood"]) and said["kind"] == kind and len(finished(row)) == len(row["cells"])
        }
        if len(means) > 1:
            best[kind] = [run for run, mean in means.items() if mean == min(means.values())]
    return best


def is_best(board: Leaderboard, row: Row) -> bool:
    """Whether a row is marked as the best of its kind."""
    shared = board["likelihood"]
    return shared is not None and any(row["run"] in runs for runs in shared["best"].values())


def marked(board: Leaderboard, row: Row) -> str:
    """A row's number, after the column's arrow where it is the best of its kind."""
    return f"{ARROWS['lower']} {text(row)}" if is_best(board, row) else text(row)


def text(row: Row) -> str:
    """A row's number: "1.843 ± 0.002", "≤ 1.843 ± 0.002" for a bound, "≈ 1.843" for an estimate, a dash for none."""
    said = row["likelihood"]
    if said is None:
        return MISSING
    spread = "" if said["sd"] is None else f" ± {number(said['sd'], DECIMALS)}"
    return f"{SIGNS[said['kind']]}{number(said['mean'], DECIMALS)}{spread}"


def caption(board: Leaderboard) -> list[tuple[str, str]]:
    """How the numbers were made, and what their signs mean; nothing where there are none."""
    if not board["likelihood"]:
        return []
    levels = board["dataset"]["levels"]
    how = (
        f"−log₂ of an image's probability on its {levels} grey levels, over its number of pixels and channels, mean "
        f"over {board['likelihood']['n']} images that no model saw in training; weights as they were best on the "
        f"validation split; {board['likelihood']['draws']} random draws an image where any are made. ≤: the model "
        "gives a bound of its likelihood, so the bits are at most that; ≈: an estimate. Each kind has its own best"
    )
    return [(HEADING, how)]

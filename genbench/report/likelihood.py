"""Bits per dimension on the leaderboard: a column of its own, in which each kind of number has its own best.

Imports nothing that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.report.leaderboard import (
    COMPETING,
    SEEDS,
    BitsPerDimension,
    Leaderboard,
    LikelihoodSummary,
    Row,
    SeedResult,
    finished,
    of_kind,
)
from genbench.report.printed import ARROWS, number
from genbench.text import MISSING

HEADING = "bits/dim"
LABEL = f"{HEADING} {ARROWS['lower']}"
FAILS = (
    "It measures how well a model predicts images, not how its samples look: a mixture with noise loses almost "
    "nothing, and a model that repeats its training images loses everything (Theis et al. 2016)."
)
DECIMALS = 3
SIGNS = {"exact": "", "lower bound": "≤ ", "estimate": "≈ "}  # bits are at most what a lower bound of log P says
KINDS_OF_BITS = {"exact": "exact", "lower bound": "upper bound", "estimate": "estimate"}


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
        board["likelihood"] = LikelihoodSummary(n=first.facts["n"], draws=first.facts["draws"], best=_best(board))


class _Record(NamedTuple):
    path: Path
    bits: float
    facts: dict[str, Any]


def _read(path: Path, cell: SeedResult) -> _Record | None:
    """Read a cell's record and put its bits into the cell; None for a model without likelihood, or not finite bits."""
    record = read_json(path)
    if record is None:
        return None
    try:
        bits = record["bits_per_dimension"]
        parsed = _Record(path, bits, {key: record[key] for key in ("kind", "method", "n", "draws")})
        if bits is None or not math.isfinite(bits):
            return None
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: not a record of the stage likelihood: {error!r}") from None
    cell["bits_per_dimension"] = bits
    return parsed


def _require_equal(first: _Record, other: _Record, keys: Sequence[str]) -> None:
    for key in keys:
        if first.facts[key] != other.facts[key]:
            raise InputError(
                f"one column of likelihoods holds one protocol, but {key} differs: {first.facts[key]!r} in "
                f"{first.path}, {other.facts[key]!r} in {other.path}"
            )


def _likelihood(records: Sequence[_Record]) -> BitsPerDimension:
    values = [record.bits for record in records]
    return BitsPerDimension(
        kind=records[0].facts["kind"],
        method=records[0].facts["method"],
        mean=statistics.fmean(values),
        sd=statistics.stdev(values) if len(values) >= SEEDS else None,
    )


def _best(board: Leaderboard) -> dict[str, list[str]]:
    """Find by kind of number the trained rows that print the lowest; rows that are told the class apart."""
    best: dict[str, list[str]] = {}
    for number_kind, rows in product(SIGNS, COMPETING):
        means = {
            row["run"]: round(bits["mean"], DECIMALS)
            for row in of_kind(board["rows"], rows)
            if (bits := row["likelihood"]) and bits["kind"] == number_kind and len(finished(row)) == len(row["cells"])
        }
        if means:
            best.setdefault(number_kind, []).extend(run for run, mean in means.items() if mean == min(means.values()))
    return best


def is_best(board: Leaderboard, row: Row) -> bool:
    """Return whether a row is marked as the best of its kind."""
    shared = board["likelihood"]
    return shared is not None and any(row["run"] in runs for runs in shared["best"].values())


def marked(board: Leaderboard, row: Row) -> str:
    """Print a row's number, after the column's arrow where it is the best of its kind."""
    return f"{ARROWS['lower']} {text(row)}" if is_best(board, row) else text(row)


def text(row: Row) -> str:
    """Print a row's number: "1.843 [0.002]", "≤ 1.843 [0.002]" for a bound, "≈ 1.843" for an estimate, or a dash."""
    bits = row["likelihood"]
    if bits is None:
        return MISSING
    spread = "" if bits["sd"] is None else f" [{number(bits['sd'], DECIMALS)}]"
    return f"{SIGNS[bits['kind']]}{number(bits['mean'], DECIMALS)}{spread}"


def caption(board: Leaderboard) -> list[tuple[str, str]]:
    """Explain the numbers and their signs; nothing where there are none."""
    if not board["likelihood"]:
        return []
    levels = board["dataset"]["levels"]
    text = (
        f"−log₂ of an image's probability on its {levels} grey levels, divided by its number of pixels and channels, "
        f"is averaged over {board['likelihood']['n']} images that no model saw in training. The weights are those that "
        f"were best on the validation split. A number that needs random draws has {board['likelihood']['draws']} for "
        "each image. ≤ marks an upper bound of the bits, from a lower bound of the likelihood; ≈ marks an estimate. "
        "Each kind of number has its own best."
    )
    return [(HEADING, text)]

"""Columns in bits per dimension on the leaderboard, in which each kind of number has its own best.

Bits of the test images, and KL from the distribution of the data where that is known; both are records of the stage
likelihood. Imports nothing that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.report.leaderboard import (
    COMPETING,
    SEEDS,
    BitsPerDimension,
    KnownDivergence,
    Leaderboard,
    LikelihoodSummary,
    Row,
    SeedResult,
    finished,
    marks_best,
    of_kind,
)
from genbench.report.printed import ARROWS, number
from genbench.text import MISSING

DECIMALS = 3
#: By kind of number; bits are at most what a lower bound of log P says.
SIGNS = {"exact": "", "lower bound": "≤ ", "upper bound": "≤ ", "estimate": "≈ "}
KINDS_OF_BITS = {"exact": "exact", "lower bound": "upper bound", "upper bound": "upper bound", "estimate": "estimate"}


class Bits(NamedTuple):
    """A column. key: of the leaderboard and of a row. cell: of a seed's number. under: the images that it is over.

    title: the column in words. fails: how it can mislead. fields: by heading of the CSV, keys of a row's numbers.
    """

    key: Literal["likelihood", "kl"]
    cell: Literal["bits_per_dimension", "kl"]
    heading: str
    under: str
    title: str
    fails: str
    fields: Mapping[str, str]
    better: Literal["lower", "higher"] = "lower"

    @property
    def name(self) -> str:
        """Name of the column in summary.json, and in the page."""
        return self.cell

    @property
    def label(self) -> str:
        """The heading with the arrow of the better direction."""
        return f"{self.heading} {ARROWS[self.better]}"

    def shared(self, board: Leaderboard) -> LikelihoodSummary | None:
        """Return the facts that all of its numbers share, None where there is no number."""
        return board.get(self.key)

    def of(self, row: Row) -> BitsPerDimension | KnownDivergence | None:
        """Return a row's number."""
        return row.get(self.key)

    def of_seed(self, cell: SeedResult) -> float | None:
        """Return a seed's number."""
        return cell.get(self.cell)

    def is_best(self, board: Leaderboard, row: Row) -> bool:
        """Return whether a row is marked as the best of its kind."""
        shared = self.shared(board)
        return marks_best(board) and shared is not None and any(row["run"] in runs for runs in shared["best"].values())

    def text(self, row: Row) -> str:
        """Print a row's number: "1.843 [0.002]", "≤ 1.843" for a bound, "≈ 1.843" for an estimate, or a dash.

        A divergence has its standard error behind it: "0.153 ± 0.002 [0.004]".
        """
        known = self.of(row)
        if known is None:
            return MISSING
        text = f"{SIGNS[known['kind']]}{number(known['mean'], DECIMALS)}"
        if self.key == "kl" and (divergence := row.get("kl")):
            text += f" ± {number(divergence['error'], DECIMALS)}"
        return text if known["sd"] is None else f"{text} [{number(known['sd'], DECIMALS)}]"

    def note(self, row: Row) -> str:
        """Name the kind of a row's number; "" without one."""
        known = self.of(row)
        return "" if known is None else KINDS_OF_BITS[known["kind"]]


LIKELIHOOD = Bits(
    key="likelihood",
    cell="bits_per_dimension",
    heading="bits/dim",
    under="test images",
    title="Bits per dimension of test images",
    fails="It measures how well a model predicts images, not how its samples look: a mixture with noise loses almost "
    "nothing, and a model that repeats its training images loses everything (Theis et al. 2016).",
    fields={"bits per dimension": "mean", "bits per dimension sd": "sd", "kind of likelihood": "kind"},
)
KL = Bits(
    key="kl",
    cell="kl",
    heading="KL",
    under="from the known distribution",
    title="Divergence of the model from the distribution of the data, in bits per dimension",
    fails="It forgives samples that are no images of the data: a model half of whose samples are noise loses by them "
    "one bit an image at most.",
    fields={"KL": "mean", "KL s.e.": "error", "KL sd": "sd", "kind of KL": "kind"},
)
COLUMNS = (LIKELIHOOD, KL)


def nats(board: Leaderboard, row: Row) -> float | None:
    """Convert a row's bits per dimension to nats an image; None where it has none."""
    known = row["likelihood"]
    return None if known is None else known["mean"] * math.log(2) * math.prod(board["dataset"]["shape"])


def nats_text(board: Leaderboard, row: Row) -> str:
    """Print the nats of an image of bits, as papers on such images do: "≤ 86.76 nats"; "" for other images."""
    known, value = row["likelihood"], nats(board, row)
    if known is None or board["dataset"]["levels"] != 2:
        return ""
    return f"{SIGNS[known['kind']]}{number(value, 2)} nats"


def shown(board: Leaderboard) -> list[Bits]:
    """Select the columns that have numbers."""
    return [column for column in COLUMNS if column.shared(board)]


def add(board: Leaderboard, folder: Path) -> None:
    """Read folder/<run>/<seed>.json of every finished cell into the board.

    Two protocols are an InputError: another number of images or draws in any two cells, another kind of number in two
    seeds of a run.
    """
    records = {
        row["run"]: [_read(folder / row["run"] / f"{cell['seed']}.json", cell) for cell in finished(row)]
        for row in board["rows"]
    }
    for column in COLUMNS:
        _add(board, column, {run: [each.get(column.key) for each in cells] for run, cells in records.items()})


class _Record(NamedTuple):
    path: Path
    value: float
    error: float
    facts: dict[str, Any]


def _read(path: Path, cell: SeedResult) -> dict[str, _Record]:
    """Read a cell's record, by column, and put its numbers into the cell; those that are not finite are left out."""
    record = read_json(path)
    if record is None:  # of a model without likelihood
        return {}
    found: dict[str, _Record] = {}
    try:
        facts = {key: record[key] for key in ("kind", "method", "n", "draws")}
        bits, kl = record["bits_per_dimension"], record.get("kl")
        if bits is not None and math.isfinite(bits):
            found[LIKELIHOOD.key] = _Record(path, bits, 0.0, facts)
        if kl is not None and math.isfinite(kl["value"]) and math.isfinite(kl["standard_error"]):
            of_kl = facts | {"kind": kl["kind"], "n": kl["n"]}
            found[KL.key] = _Record(path, kl["value"], kl["standard_error"], of_kl)
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: not a record of the stage likelihood: {error!r}") from None
    for column in COLUMNS:
        if column.key in found:
            cell[column.cell] = found[column.key].value
    return found


def _add(board: Leaderboard, column: Bits, records: Mapping[str, Sequence[_Record | None]]) -> None:
    """Put the numbers of a column into the rows whose finished seeds all have one; records: by run."""
    first: _Record | None = None
    for row in board["rows"]:
        every = records[row["run"]]
        present = [record for record in every if record]
        for record in present:
            _require_equal(present[0], record, ("kind", "method"))
            _require_equal(first or record, record, ("n", "draws"))
            first = first or record
        if present and len(present) == len(every):
            _put(row, column, present)
    if first:
        board[column.key] = LikelihoodSummary(n=first.facts["n"], draws=first.facts["draws"], best=_best(board, column))


def _require_equal(first: _Record, other: _Record, keys: Sequence[str]) -> None:
    for key in keys:
        if first.facts[key] != other.facts[key]:
            raise InputError(
                f"one column of likelihoods holds one protocol, but {key} differs: {first.facts[key]!r} in "
                f"{first.path}, {other.facts[key]!r} in {other.path}"
            )


def _put(row: Row, column: Bits, records: Sequence[_Record]) -> None:
    values, facts = [record.value for record in records], records[0].facts
    mean, sd = statistics.fmean(values), statistics.stdev(values) if len(values) >= SEEDS else None
    if column.key == "likelihood":
        row["likelihood"] = BitsPerDimension(kind=facts["kind"], method=facts["method"], mean=mean, sd=sd)
    else:
        error = statistics.fmean(record.error for record in records)
        row["kl"] = KnownDivergence(kind=facts["kind"], mean=mean, error=error, sd=sd)


def _best(board: Leaderboard, column: Bits) -> dict[str, list[str]]:
    """Find by kind of number the trained rows that print the lowest; rows that are told the class apart."""
    best: dict[str, list[str]] = {}
    for number_kind, rows in product(SIGNS, COMPETING):
        means = {
            row["run"]: round(known["mean"], DECIMALS)
            for row in of_kind(board["rows"], rows)
            if (known := column.of(row)) and known["kind"] == number_kind and len(finished(row)) == len(row["cells"])
        }
        if means:
            best.setdefault(number_kind, []).extend(run for run, mean in means.items() if mean == min(means.values()))
    return best


def caption(board: Leaderboard) -> list[tuple[str, str]]:
    """Explain the numbers and their signs; nothing where there are none."""
    return [*_of_likelihood(board), *_of_divergence(board)]


def _of_likelihood(board: Leaderboard) -> list[tuple[str, str]]:
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
    return [(LIKELIHOOD.heading, text)]


def _of_divergence(board: Leaderboard) -> list[tuple[str, str]]:
    shared = board.get("kl")
    if not shared:
        return []
    text = (
        "The distribution that drew the data is known. KL is its divergence from the model's: log₂ of an image's "
        "probability under the first less that under the second, divided by the number of pixels and channels, is "
        f"averaged over {shared['n']} images of the split held_out. It is 0 only for a model that is the distribution "
        "itself. After ± stands its standard error over these images, which is of the differences; it is the mean over "
        f"the seeds. Weights, draws and signs are those of {LIKELIHOOD.heading}, and each kind of number has its own "
        "best."
    )
    return [(KL.heading, text)]

"""Published numbers beside one's own, where that means something, by facts/published.csv.

A number of a paper and a row's own may stand side by side where both are of one dataset at one size and, for a metric
of features, of one extractor. What else differs (numbers of images, split, resizing, kind of a likelihood) is spelt
out, what the paper's word is not on record of is said to be so; networks and budgets are each side's own. All other
numbers are listed with the reason why they are not comparable.

The file has a line a number: `run` is the row of the catalogue whose method it is, empty where there is none; `source`
a key of facts/references.yaml and `where` the place in it; `size` pixels a side; an empty field is one that is not on
record.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from genbench.errors import InputError
from genbench.files.section import Section, read_text
from genbench.report import likelihood
from genbench.report.leaderboard import Leaderboard, Published, Row, ScoreProtocol
from genbench.report.printed import number
from genbench.report.references import short
from genbench.text import MISSING

FILE = Path(__file__).parent / "facts" / "published.csv"
BITS = "bits_per_dimension"
LABELS = {"fid": "FID", "inception_score": "IS", BITS: likelihood.HEADING}
HEADS = ("run", "number", "here", "published", "what was published", "what differs")
LEAD = (
    "Networks, budgets and options are each side's own: these numbers say where a row stands, not whether it "
    "reproduces a paper."
)


class Value(Section):
    """One line of the file."""

    method: str
    run: str
    metric: Literal["fid", "inception_score", "bits_per_dimension"]
    value: Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
    sd: float | None
    source: str
    where: str
    dataset: str
    size: int
    extractor: str
    n_fake: int | None
    n_real: int | None
    split: Literal["", "train", "test"]
    resize: str
    kind: Literal["", "exact", "lower bound"]


@cache
def values() -> list[Value]:
    """All lines, in the order of the file; a fault is an InputError that names its line."""
    lines = csv.DictReader(read_text(FILE).splitlines())
    if lines.fieldnames != list(Value.model_fields):
        raise InputError(f"{FILE.name}: expected the columns {', '.join(Value.model_fields)}")
    optional = ("sd", "n_fake", "n_real")
    return [
        Value.parse(
            {key: None if key in optional and not text else text for key, text in line.items()},
            f"{FILE.name}: line {place}:",
        )
        for place, line in enumerate(lines, 2)
    ]


def add(board: Leaderboard) -> None:
    """Set the published numbers of the leaderboard's runs beside its own; and those of its dataset without a row."""
    rows = {row["run"]: row for row in board["rows"]}
    board["published"] = [
        _published(value, board, rows.get(value.run))
        for value in values()
        if value.run in rows or (not value.run and value.dataset == _dataset(board))
    ]


def _published(value: Value, board: Leaderboard, row: Row | None) -> Published:
    protocol = board["protocols"].get(value.extractor)
    own = _own(value, row)
    reasons = list(_reasons(value, board, row, own))
    return Published(
        run=value.run,
        method=value.method,
        metric=value.metric,
        value=float(value.value),
        sd=value.sd,
        decimals=len(value.value.partition(".")[2]),
        source=value.source,
        where=value.where,
        protocol={
            "dataset": value.dataset,
            "size": value.size,
            "extractor": value.extractor,
            "n_fake": value.n_fake,
            "n_real": value.n_real,
            "split": value.split,
            "resize": value.resize,
            "kind": value.kind,
        },
        own=own,
        reasons=reasons,
        differences=[] if reasons else list(_differences(value, board, row, protocol)),
    )


def _own(value: Value, row: Row | None) -> float | None:
    if row is None:
        return None
    if value.metric == BITS:
        return row["likelihood"]["mean"] if row["likelihood"] else None
    one = row["scores"].get(value.extractor, {}).get(value.metric)
    return one["mean"] if one else None


def _dataset(board: Leaderboard) -> str:
    """A dataset's name, whichever way its splits are made."""
    return board["dataset"]["name"].removesuffix("_official")


def _reasons(value: Value, board: Leaderboard, row: Row | None, own: float | None) -> Iterator[str]:
    """Why a number cannot stand beside a row's own; the first is enough to say."""
    size = board["dataset"]["shape"][1]
    if value.dataset != _dataset(board):
        yield f"of {value.dataset}, these rows are of {_dataset(board)}"
    elif value.size != size:
        yield f"of {value.size}×{value.size} images, these rows are of {size}×{size}"
    if value.metric != BITS and value.extractor not in board["protocols"]:
        yield f"under the extractor {value.extractor}, these rows are under {', '.join(board['protocols'])}"
    elif row is None:
        yield "no row here is of that method"
    elif own is None:
        yield "the row has no such number"


def _differences(value: Value, board: Leaderboard, row: Row | None, protocol: ScoreProtocol | None) -> Iterator[str]:
    if value.metric == BITS:
        shared, said = board["likelihood"], row["likelihood"] if row else None
        n = shared["n"] if shared else None
        yield from _numbers("test images", n, value.n_real)
        yield from _split(board["dataset"]["name"], "reference", value.split)
        if value.kind and said and said["kind"] != value.kind:
            yield f"{said['kind']} here, {value.kind} there"
    elif protocol:
        yield from _numbers("generated images", protocol["n_fake"], value.n_fake)
        if value.metric == "fid":
            yield from _numbers("real images", protocol["n_real"], value.n_real)
            yield from _split(board["dataset"]["name"], protocol["reference"], value.split)
            yield from _texts("resizing", protocol["resize"], value.resize)


def _numbers(what: str, here: int | None, there: int | None) -> Iterator[str]:
    if there is None:
        yield f"{here:,} {what} here, not on record there"
    elif here != there:
        yield f"{here:,} {what} here, {there:,} there"


def _split(dataset: str, here: str, there: str) -> Iterator[str]:
    """cifar10_official's reference split is the published test split; that of any other dataset is drawn from all."""
    mine = "test" if dataset.endswith("_official") else ""
    if not mine or mine != there:
        said = f"{here} ({mine} images)" if mine else here
        yield f"split {said} here, {f'{there} images' if there else 'not on record'} there"


def _texts(what: str, here: str, there: str) -> Iterator[str]:
    if not there:
        yield f"{what} {here} here, not on record there"
    elif not here.startswith(there):
        yield f"{what} {here} here, {there} there"


def table(board: Leaderboard) -> list[tuple[str, ...]]:
    """Under HEADS, a line for each published number that stands beside one's own."""
    return [
        (
            one["run"],
            LABELS[one["metric"]],
            number(one["own"], one["decimals"]),
            printed(one),
            f"{one['method']} ({cite(board, one)})",
            "; ".join(one["differences"]) or MISSING,
        )
        for one in board.get("published", [])
        if not one["reasons"]
    ]


def others(board: Leaderboard) -> list[tuple[str, str]]:
    """(why, which): published numbers that are not comparable, by the reason."""
    found: dict[str, list[str]] = {}
    for one in board.get("published", []):
        if one["reasons"]:
            said = f"{one['method']}: {LABELS[one['metric']]} {printed(one)} ({cite(board, one)})"
            found.setdefault("; ".join(one["reasons"]), []).append(said)
    return [(f"Not comparable, {why}", ", ".join(which)) for why, which in found.items()]


def printed(one: Published) -> str:
    """A published number as its paper prints it: "21.7 ± 0.21", "≤ 3.75" for a bound of bits."""
    sign = likelihood.SIGNS.get(str(one["protocol"]["kind"]), "") if one["metric"] == BITS else ""
    spread = "" if one["sd"] is None else f" ± {one['sd']}"
    return f"{sign}{number(one['value'], one['decimals'])}{spread}"


def cite(board: Leaderboard, one: Published) -> str:
    """Authors, year and place: "Ho et al. 2020, table 1"."""
    return f"{short(board['references'][one['source']])}, {one['where']}"

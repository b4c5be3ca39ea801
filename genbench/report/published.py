"""Published numbers beside one's own, where a comparison makes sense, from facts/published.csv.

A published number is compared with that of a row if both have the same dataset and image size and, for a metric of
features, the same extractor. Other differences (numbers of images, split, resizing, kind of a likelihood) are listed;
a difference that the paper does not settle is called not on record. Networks and budgets always differ. All other
numbers are listed with the reason why they are not comparable.

The file has one line for each number: `run` is the row of the catalogue with that method, empty if there is none;
`source` is a key of facts/references.yaml and `where` the place in it; `size` is the height and width in pixels; an
empty field means that the fact is not on record.
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
BITS, NATS = "bits_per_dimension", "nats_an_image"
LABELS = {"fid": "FID", "inception_score": "IS", BITS: likelihood.LIKELIHOOD.heading, NATS: "nats an image"}
HEADS = ("run", "number", "here", "published", "published method", "differences")
LEAD = (
    "Networks, budgets and options differ between this benchmark and the papers. These numbers put a row into context; "
    "they do not tell whether it reproduces a paper."
)


class Value(Section):
    """One line of the file."""

    method: str
    run: str
    metric: Literal["fid", "inception_score", "bits_per_dimension", "nats_an_image"]
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
    """Read all lines, in the order of the file; a fault is an InputError that names its line."""
    lines = csv.DictReader(read_text(FILE).splitlines())
    if lines.fieldnames != list(Value.model_fields):
        raise InputError(f"{FILE.name}: expected the columns {', '.join(Value.model_fields)}")
    optional = ("sd", "n_fake", "n_real")
    return [
        Value.parse(
            {key: None if key in optional and not text else text for key, text in line.items()},
            f"{FILE.name}: line {number}:",
        )
        for number, line in enumerate(lines, 2)
    ]


def add(board: Leaderboard) -> None:
    """Add the published numbers of the leaderboard's runs, and those of its dataset that have no row."""
    rows = {row["run"]: row for row in board["rows"]}
    board["published"] = [
        _published(value, board, rows.get(value.run))
        for value in values()
        if value.run in rows or (not value.run and value.dataset == _dataset(board))
    ]


def _published(value: Value, board: Leaderboard, row: Row | None) -> Published:
    protocol = board["protocols"].get(value.extractor)
    own = _own(value, board, row)
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


def _own(value: Value, board: Leaderboard, row: Row | None) -> float | None:
    if row is None:
        return None
    if value.metric == NATS:
        return likelihood.nats(board, row)
    if value.metric == BITS:
        return row["likelihood"]["mean"] if row["likelihood"] else None
    score = row["scores"].get(value.extractor, {}).get(value.metric)
    return score["mean"] if score else None


def _dataset(board: Leaderboard) -> str:
    """Name the dataset, without the way its splits are made."""
    return board["dataset"]["name"].removesuffix("_official")


def _reasons(value: Value, board: Leaderboard, row: Row | None, own: float | None) -> Iterator[str]:
    """Give the reasons why a number is not comparable with the row's; any one of them suffices."""
    size = board["dataset"]["shape"][1]
    if value.dataset != _dataset(board):
        yield f"the dataset is {value.dataset}, here it is {_dataset(board)}"
    elif value.size != size:
        yield f"the images have {value.size}×{value.size} pixels, here {size}×{size}"
    if value.metric not in (BITS, NATS) and value.extractor not in board["protocols"]:
        yield f"the extractor is {value.extractor}, here {', '.join(board['protocols'])}"
    elif row is None:
        yield "no row has this method"
    elif own is None:
        yield "the row lacks this number"


def _differences(value: Value, board: Leaderboard, row: Row | None, protocol: ScoreProtocol | None) -> Iterator[str]:
    if value.metric in (BITS, NATS):
        shared, own = board["likelihood"], row["likelihood"] if row else None
        n = shared["n"] if shared else None
        yield from _numbers("test images", n, value.n_real)
        yield from _split(board["dataset"]["name"], "reference", value.split)
        if value.kind and own and own["kind"] != value.kind:
            yield f"{own['kind']} here, {value.kind} there"
    elif protocol:
        yield from _numbers("generated images", protocol["n_fake"], value.n_fake)
        if value.metric == "fid":
            yield from _numbers("real images", protocol["n_real"], value.n_real)
            yield from _split(board["dataset"]["name"], protocol["reference"], value.split)
            yield from _texts("resizing", protocol["resize"], value.resize)


def _numbers(what: str, here: int | None, published: int | None) -> Iterator[str]:
    if published is None:
        yield f"{here:,} {what} here, not on record there"
    elif here != published:
        yield f"{here:,} {what} here, {published:,} there"


def _split(dataset: str, here: str, published: str) -> Iterator[str]:
    """Compare splits: that of an official dataset is the published test split, any other is drawn from all images."""
    own = "test" if dataset.endswith("_official") else ""
    if not own or own != published:
        name = f"{here} ({own} images)" if own else here
        yield f"split {name} here, {f'{published} images' if published else 'not on record'} there"


def _texts(what: str, here: str, published: str) -> Iterator[str]:
    if not published:
        yield f"{what} {here} here, not on record there"
    elif not here.startswith(published):
        yield f"{what} {here} here, {published} there"


def table(board: Leaderboard) -> list[tuple[str, ...]]:
    """Give the lines under HEADS, one for each published number that is comparable."""
    return [
        (
            entry["run"],
            LABELS[entry["metric"]],
            number(entry["own"], entry["decimals"]),
            printed(entry),
            f"{entry['method']} ({cite(board, entry)})",
            "; ".join(entry["differences"]) or MISSING,
        )
        for entry in board.get("published", [])
        if not entry["reasons"]
    ]


def others(board: Leaderboard) -> list[tuple[str, str]]:
    """Give (reason, numbers) of the published numbers that are not comparable."""
    numbers: dict[str, list[str]] = {}
    for entry in board.get("published", []):
        if entry["reasons"]:
            text = f"{entry['method']}: {LABELS[entry['metric']]} {printed(entry)} ({cite(board, entry)})"
            numbers.setdefault("; ".join(entry["reasons"]), []).append(text)
    return [(f"Not comparable, because {reason}", ", ".join(texts)) for reason, texts in numbers.items()]


def printed(entry: Published) -> str:
    """Print a published number as its paper does: "21.7 ± 0.21", "≤ 3.75" for a bound of bits."""
    sign = likelihood.SIGNS.get(str(entry["protocol"]["kind"]), "") if entry["metric"] in (BITS, NATS) else ""
    spread = "" if entry["sd"] is None else f" ± {entry['sd']}"
    return f"{sign}{number(entry['value'], entry['decimals'])}{spread}"


def cite(board: Leaderboard, entry: Published) -> str:
    """Give authors, year and place: "Ho et al. 2020, table 1"."""
    return f"{short(board['references'][entry['source']])}, {entry['where']}"

"""Add what people said of the rows' images to a leaderboard: the record of the stage human, as far as it is of them.

Answers are of the images that were shown. A row that was trained or sampled anew since has other ones, so its answers
do not count; nor do any after the real images changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from statistics import fmean
from typing import cast

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.human.pictures import digest
from genbench.human.record import Record, Scores
from genbench.metrics import fid_layers, realism
from genbench.report.agreement import agreement
from genbench.report.best_weights import of_best_weights
from genbench.report.human import COLUMNS, HumanColumn
from genbench.report.leaderboard import (
    COMPETING,
    Agreement,
    HumanScores,
    HumanSummary,
    Leaderboard,
    Row,
    finished,
    of_kind,
    score,
    trained,
)


def add(board: Leaderboard, data: Path) -> None:
    """Read human.json of the dataset's folder `data` into the board; nothing without answers."""
    file = data / "human.json"
    found = read_json(file) if file.is_file() else None
    if found is None:
        return
    record, outdated = Record.parse(found, f"{file}:"), dict[str, int]()
    same = record.real == digest(data / "images" / "reference")
    for row in board["rows"]:
        known = record.rows.get(row["run"])
        if known and same and _is_of(known, row, data / "samples"):
            row["human"] = cast(HumanScores, known.model_dump(include={"infinity", "time"}))
        elif known:
            outdated[row["run"]] = known.people
    summary = HumanSummary(
        attentive=record.attentive,
        inattentive=record.inattentive,
        outdated=outdated,
        best={column.key: _best(board, column) for column in COLUMNS},
        approximations={},
        agreements=[],
    )
    if any(row.get("human") for row in board["rows"]):
        _agree(board, summary, data)
    board["human"] = summary


def _is_of(known: Scores, row: Row, samples: Path) -> bool:
    """Return whether scores are of the samples that a row has."""
    folders = {str(cell["seed"]): samples / row["run"] / str(cell["seed"]) / "final" for cell in finished(row)}
    return all(seed in folders and digest(folders[seed]) == own for seed, own in known.images.items())


def _best(board: Leaderboard, column: HumanColumn) -> list[str]:
    """Find the trained rows that print the highest number of those that finished every seed, by kind of row."""
    best: list[str] = []
    for kind in COMPETING:
        whole = [row for row in of_kind(board["rows"], kind) if len(finished(row)) == len(row["cells"])]
        means = {row["run"]: round(known["mean"], column.decimals) for row in whole if (known := column.of(row))}
        best += [run for run, mean in means.items() if mean == max(means.values())]
    return best


def _agree(board: Leaderboard, summary: HumanSummary, data: Path) -> None:
    """Add numbers that take the place of people elsewhere, and the agreement of them and of all metrics with people."""
    orders: dict[str, tuple[Mapping[str, float | None], str]] = {
        column["heading"]: ({row["run"]: score(row, column)["mean"] for row in board["rows"]}, column["better"])
        for column in board["columns"]
        if not of_best_weights(column["metric"])
    }
    for heading, better, values in _approximations(board, data):
        summary["approximations"][heading] = values
        orders.setdefault(heading, (values, better))
    for column in COLUMNS:
        people = {row["run"]: known for row in trained(board) if (known := column.of(row))}
        for heading, (means, better) in orders.items():
            sign = -1 if better == "lower" else 1
            found = agreement({run: sign * mean for run, mean in means.items() if mean is not None}, people)
            if found and better != "none":
                summary["agreements"].append(Agreement(score=column.key, metric=heading, **found))


def _approximations(board: Leaderboard, data: Path) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Yield heading, better direction and values by run under the first extractor, of the rows that people judged."""
    protocol = next(iter(board["protocols"].values()))
    extractor = protocol["extractor"]
    real = Features.load(data / "reference" / extractor / "reference.npz")
    values: dict[str, dict[str, float]] = {}
    for row in board["rows"]:
        if row.get("human"):
            files = [data / "features" / row["run"] / f"{c['seed']}-{extractor}" / "final.npz" for c in finished(row)]
            cells = [_approximate(real, Features.load(file)) for file in files]
            values[row["run"]] = {key: fmean(cell[key] for cell in cells) for key in set.intersection(*map(set, cells))}
    for key, column in {**realism.COLUMNS, **fid_layers.COLUMNS}.items():
        if by_run := {run: of[key] for run, of in values.items() if key in of}:
            yield f"{column.label} ({protocol['name']})", column.better, by_run


def _approximate(real: Features, fake: Features) -> dict[str, float]:
    """Measure the features of one cell, as far as they allow."""
    found: dict[str, float] = {}
    with suppress(InputError):
        found |= realism.compute(real=real, fake=fake, **realism.DEFAULTS)
    if real.layers:
        with suppress(InputError):
            found |= fid_layers.compute(real=real, fake=fake, layers=sorted(real.layers))
    return found

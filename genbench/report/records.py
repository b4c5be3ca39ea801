"""The records that a report counts: one for each run, seed and extractor, all of one protocol.

A record is a JSON file metrics/<run>/<seed>-<extractor>.json, written by the stage evaluate:

    run, seed, extractor   its cell; the path of the file must say the same
    metrics                {key: number}, {} where training diverged; a number that does not exist is null
    draw                   {key: standard error by the draw of images}, null of a single block
    best, best_draw        the same of the weights best on the validation split; null without any
    best_step              the step of those weights
    diverged               null, or {"step": ..., "reason": ...}
    protocol               dataset, extractor, weights (SHA-256), resize, reference (split), n_real, n_fake, and
                           options: {metric: {option: value}}

Numbers are comparable only where everything in the protocol is equal, so a table of two protocols is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.report import best_weights

SHARED = ("dataset", "reference", "n_real", "n_fake")  # equal between extractors too
EXTRACTOR = ("extractor", "weights", "resize", "options")


@dataclass(frozen=True)
class Record:
    """Numbers of one run and seed under one extractor.

    metrics: of both kinds of weights, those of the best ones as :mod:`genbench.report.best_weights` names them; None
    where a number is missing. draws: the standard error that the draw of images gives each of them, None of a single
    block. best_step: None for a model that is not asked on the validation split.
    """

    run: str
    seed: int
    extractor: str
    metrics: Mapping[str, float | None]
    draws: Mapping[str, float | None]
    best_step: int | None
    diverged: Mapping[str, Any] | None
    protocol: Mapping[str, Any]

    def __str__(self) -> str:
        return f"run {self.run!r} (seed {self.seed}, {self.extractor})"


def read_records(
    folder: Path, *, enabled: Sequence[str], seeds: Sequence[int], extractors: Sequence[str]
) -> list[Record]:
    """Read folder/<run>/<seed>-<extractor>.json of every enabled cell, and nothing else that may lie there.

    A missing, unreadable or misplaced record, or two protocols, is an InputError that names it.
    """
    records = [_read(folder, run, seed, name) for run in enabled for seed in seeds for name in extractors]
    require_one_protocol(records)
    return records


def _read(folder: Path, run: str, seed: int, extractor: str) -> Record:
    path = folder / run / f"{seed}-{extractor}.json"
    if not path.is_file():
        raise InputError(
            f"{path}: no record of run {run!r}, seed {seed}, extractor {extractor!r}; "
            f"`dvc repro evaluate@{run}-{seed}-{extractor}` makes it"
        )
    content = read_json(path)
    try:
        record = Record(
            run=content["run"],
            seed=content["seed"],
            extractor=content["extractor"],
            metrics=_numbers(content["metrics"], content.get("best")),
            draws=_numbers(content.get("draw", {}), content.get("best_draw")),
            best_step=content.get("best_step"),
            diverged=content["diverged"],
            protocol={key: content["protocol"][key] for key in SHARED + EXTRACTOR},
        )
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: not a record of the stage evaluate: {error!r}") from None
    if (record.run, record.seed, record.extractor) != (run, seed, extractor):
        raise InputError(f"{path}: expected the record of run {run!r} (seed {seed}, {extractor}), it is of {record}")
    return record


def _numbers(final: Mapping[str, Any], best: Mapping[str, Any] | None) -> dict[str, float | None]:
    return {key: _finite(value) for key, value in best_weights.numbers(final, best).items()}


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def require_one_protocol(records: Iterable[Record]) -> None:
    """Refuse records that cannot stand in one table, and name the field and the two runs that differ.

    A run that diverged has no samples, so its n_fake is not compared.
    """
    first: dict[str, Record] = {}
    for record in sorted(records, key=lambda record: record.diverged is not None):
        for extractor, other in first.items():
            fields = SHARED + EXTRACTOR if extractor == record.extractor else SHARED
            _require_equal(other, record, fields)
        first.setdefault(record.extractor, record)


def _require_equal(first: Record, other: Record, fields: Sequence[str]) -> None:
    mine, theirs = (dict(_flat({key: record.protocol[key] for key in fields})) for record in (first, other))
    for key in sorted(mine.keys() | theirs.keys()):
        if key == "n_fake" and (first.diverged or other.diverged):
            continue
        if mine.get(key) != theirs.get(key):
            raise InputError(
                f"one table holds one protocol, but {key} differs: {mine.get(key)!r} in {first}, "
                f"{theirs.get(key)!r} in {other}"
            )


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Flatten nested mappings to dotted keys, so that an error names the very option that differs."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value

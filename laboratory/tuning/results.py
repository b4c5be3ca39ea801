"""What the searches found, as one document for tables, page and params.yaml.

laboratory/tuning/report/tuning.json:

    protocol    dataset, extractor, weights, resize, n_real, n_fake, trials, steps, batch, seed, space
    runs        by the best FID found, lowest first: run, trials (the default first), best (which of them is)

The best trial may be the default: tuning then found nothing better. A trial that diverged has no FID and is shown.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

from genbench.errors import InputError
from genbench.files.atomic import read_json
from laboratory.tuning.space import chosen


class Trial(TypedDict):
    """options: a `train:` half. fid: null where training diverged, which `diverged` tells."""

    options: dict[str, Any]
    fid: float | None
    diverged: dict[str, Any] | None


class Search(TypedDict):
    """The trials of one run."""

    run: str
    trials: list[Trial]
    best: int


class Results(TypedDict):
    """The whole document; see the module."""

    protocol: dict[str, Any]
    runs: list[Search]


def gather(folder: Path, runs: Sequence[str]) -> Results:
    """Read folder/<run>.json of every run; a missing record, or two protocols, is an InputError."""
    records = [read_json(folder / f"{run}.json") for run in runs]
    protocol = records[0]["protocol"]
    for record in records:
        for key, value in record["protocol"].items():
            if value != protocol[key]:
                raise InputError(
                    f"{folder}: one table holds one protocol, but {key} is {protocol[key]!r} "
                    f"in {runs[0]} and {value!r} in {record['run']}"
                )
    searches = [Search(run=one["run"], trials=one["trials"], best=_best(one["trials"])) for one in records]
    return Results(protocol=protocol, runs=sorted(searches, key=lambda one: (_order(found(one)), one["run"])))


def found(search: Search) -> Trial:
    """The best trial of a run."""
    return search["trials"][search["best"]]


def origin(results: Results, search: Search) -> str:
    """Where a run's tuned options come from, in a sentence."""
    said = results["protocol"]
    options = f"trial {search['best']}" if search["best"] else "the default"
    return (
        f"Options of {search['run']} by random search: {options} is the best of its default and {said['trials']} "
        f"trials of {said['steps']} steps, by FID ({said['extractor']}) on validation of {said['dataset']}; "
        "the same draws for every run (laboratory/tuning)"
    )


def markdown(results: Results) -> str:
    """Default against best found, a row a run, with the budget above."""
    lines = ["# Fair tuning", "", budget(results), "", "| run | default | best found | its options |"]
    lines += ["| :-- | --: | --: | :-- |"]
    for one in results["runs"]:
        options = "the default" if not one["best"] else listed(found(one))
        lines += [f"| {one['run']} | {printed(one['trials'][0])} | {printed(found(one))} | {options} |"]
    return "\n".join(lines) + "\n"


def comma_separated(results: Results) -> str:
    """Every trial of every run, a line each."""
    keys = list(dict.fromkeys(key for one in results["runs"] for key in chosen(one["trials"][0]["options"])))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["run", "trial", "fid", "best", "diverged", *keys])
    for one in results["runs"]:
        for index, trial in enumerate(one["trials"]):
            options = chosen(trial["options"])
            lost = trial["diverged"]["reason"] if trial["diverged"] else ""
            cells = [options.get(key, "") for key in keys]
            writer.writerow([one["run"], index, trial["fid"], int(index == one["best"]), lost, *cells])
    return file.getvalue()


def budget(results: Results) -> str:
    """What every run was given, in words."""
    said = results["protocol"]
    return (
        f"Each of {len(results['runs'])} runs: its default options and {said['trials']} random draws, "
        f"{said['steps']} steps of {said['batch']} images each, one seed ({said['seed']}). Scored by FID "
        f"({said['dataset']} {said['extractor']}) between {said['n_fake']} samples and the {said['n_real']} images "
        "of the split validation; the split that the leaderboard scores against was not used."
    )


def listed(trial: Trial) -> str:
    """The options that were drawn, as "lr 0.001, betas 0.5 0.9"."""
    words = [f"{key} {_text(value)}" for key, value in chosen(trial["options"]).items()]
    return ", ".join(words)


def printed(trial: Trial) -> str:
    """A trial's FID, or where it diverged."""
    return f"{trial['fid']:.1f}" if trial["diverged"] is None else f"diverged at step {trial['diverged']['step']}"


def _text(value: Any) -> str:
    return " ".join(f"{one:g}" for one in value) if isinstance(value, list) else f"{value:g}"


def _best(trials: Sequence[Trial]) -> int:
    return min(range(len(trials)), key=lambda index: _order(trials[index]))


def _order(trial: Trial) -> float:
    return float("inf") if trial["fid"] is None else trial["fid"]

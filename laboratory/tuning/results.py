"""The results of the searches as one document for tables, page and params.yaml.

laboratory/tuning/report/tuning.json:

    protocol    dataset, extractor, weights, resize, n_real, n_fake, trials, steps, batch, seed, space
    runs        by the best FID found, lowest first: run, trials (the default first), best (which of them is)

The best trial may be the default: tuning then found nothing better. A trial that diverged has no FID and is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.report.frames import frame
from laboratory.tuning.space import chosen


class Trial(TypedDict):
    """Trial of a run. options: a `train:` half. fid: null where training diverged, which `diverged` tells."""

    options: dict[str, Any]
    fid: float | None
    diverged: dict[str, Any] | None


class Search(TypedDict):
    """Trials of one run."""

    run: str
    trials: list[Trial]
    best: int


class Results(TypedDict):
    """Whole document; see the module."""

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
    searches = [Search(run=of["run"], trials=of["trials"], best=_best(of["trials"])) for of in records]
    return Results(protocol=protocol, runs=sorted(searches, key=lambda of: (_order(best_of(of)), of["run"])))


def best_of(search: Search) -> Trial:
    """Return the best trial of a run."""
    return search["trials"][search["best"]]


def origin(results: Results, search: Search) -> str:
    """Tell in a sentence where a run's tuned options come from."""
    protocol = results["protocol"]
    options = f"trial {search['best']}" if search["best"] else "the default"
    return (
        f"Options of {search['run']} by random search: {options} is the best of its default and {protocol['trials']} "
        f"trials of {protocol['steps']} steps, by FID ({protocol['extractor']}) on validation of "
        f"{protocol['dataset']}; the same draws for every run (laboratory/tuning)"
    )


def gains(results: Results) -> pd.DataFrame:
    """Tabulate default against best found, a row for each run."""
    rows = [
        (
            search["run"],
            printed(search["trials"][0]),
            printed(best_of(search)),
            drawn(best_of(search)) if search["best"] else "the default",
        )
        for search in results["runs"]
    ]
    return frame(["run", "default", "best found", "its options"], rows)


def trials(results: Results) -> pd.DataFrame:
    """Tabulate every trial of every run, with a column for each option that some run draws."""
    searches = results["runs"]
    keys = list(dict.fromkeys(key for search in searches for key in chosen(search["trials"][0]["options"])))
    rows = [
        (
            search["run"],
            index,
            trial["fid"],
            int(index == search["best"]),
            trial["diverged"] and trial["diverged"]["reason"],
            *map(chosen(trial["options"]).get, keys),
        )
        for search in searches
        for index, trial in enumerate(search["trials"])
    ]
    return frame(["run", "trial", "fid", "best", "diverged", *keys], rows)


def budget(results: Results) -> str:
    """Tell the budget of every run in two sentences."""
    protocol = results["protocol"]
    return (
        f"Each of {len(results['runs'])} runs tries its default options and {protocol['trials']} random draws, in "
        f"{protocol['steps']} steps of {protocol['batch']} images each, with one seed ({protocol['seed']}). The score "
        f"is FID ({protocol['dataset']} {protocol['extractor']}) between {protocol['n_fake']} samples and the "
        f"{protocol['n_real']} images of the split validation; the split of the leaderboard is not used."
    )


def drawn(trial: Trial) -> str:
    """Print the options that were drawn, as "lr 0.001, betas 0.5 0.9"."""
    return ", ".join(f"{key} {_text(value)}" for key, value in chosen(trial["options"]).items())


def printed(trial: Trial) -> str:
    """Print the FID of a trial, or the step at which it diverged."""
    return f"{trial['fid']:.1f}" if trial["diverged"] is None else f"diverged at step {trial['diverged']['step']}"


def _text(value: Any) -> str:
    return " ".join(f"{part:g}" for part in value) if isinstance(value, list) else f"{value:g}"


def _best(trials: Sequence[Trial]) -> int:
    return min(range(len(trials)), key=lambda index: _order(trials[index]))


def _order(trial: Trial) -> float:
    return float("inf") if trial["fid"] is None else trial["fid"]

"""The results of the searches as one document for tables, page and params.yaml.

laboratory/tuning/report/tuning.json:

    protocol    dataset, extractor, weights, resize, n_real, n_fake, trials, operations, batch, seed, space
    runs        by the least KID found: run, family, trials (the default first), best (which of them is)

The best trial may be the default: tuning then found nothing better. A trial that diverged has no KID and is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.report.frames import frame
from laboratory.claims import number
from laboratory.tuning.trial import Trial


class Search(TypedDict):
    """Trials of one run."""

    run: str
    family: str
    trials: list[Trial]
    best: int


class Results(TypedDict):
    """Whole document; see the module."""

    protocol: dict[str, Any]
    runs: list[Search]


def gather(folder: Path, families: Mapping[str, str]) -> Results:
    """Read folder/<run>.json of every run; a missing record, or two protocols, is an InputError.

    families: the family of each run, by run.
    """
    records = [read_json(folder / f"{run}.json") for run in families]
    protocol = records[0]["protocol"]
    for record in records:
        for key, value in record["protocol"].items():
            if value != protocol[key]:
                raise InputError(
                    f"{folder}: one table holds one protocol, but {key} is {protocol[key]!r} "
                    f"in {records[0]['run']} and {value!r} in {record['run']}"
                )
    searches = [
        Search(run=of["run"], family=families[of["run"]], trials=of["trials"], best=_best(of["trials"]))
        for of in records
    ]
    return Results(protocol=protocol, runs=sorted(searches, key=lambda of: (_order(best_of(of)), of["run"])))


def best_of(search: Search) -> Trial:
    """Return the best trial of a run."""
    return search["trials"][search["best"]]


def by_family(results: Results) -> dict[str, list[Search]]:
    """Group the searches by family, the one with the least KID first."""
    families = dict.fromkeys(search["family"] for search in results["runs"])
    return {name: [search for search in results["runs"] if search["family"] == name] for name in families}


def origin(results: Results, search: Search) -> str:
    """Tell in a sentence where a run's tuned options come from."""
    protocol = results["protocol"]
    return (
        f"Options of {search['run']} by random search: trial {search['best']} is the best of its default and "
        f"{protocol['trials']} trials of {protocol['operations']:g}·10⁹ operations, by KID ({protocol['extractor']}) "
        f"on validation of {protocol['dataset']}; the same draws for every run (laboratory/tuning)"
    )


def gains(results: Results) -> pd.DataFrame:
    """Tabulate default against best found, a row for each run, family by family."""
    rows = [
        (
            family,
            search["run"],
            printed(search["trials"][0]),
            printed(best_of(search)),
            drawn(best_of(search)) if search["best"] else "the default",
        )
        for family, searches in by_family(results).items()
        for search in searches
    ]
    return frame(["family", "run", "default", "best found", "its options"], rows)


def trials(results: Results) -> pd.DataFrame:
    """Tabulate every trial of every run, with a column for each option that some run draws."""
    searches = results["runs"]
    keys = list(dict.fromkeys(key for search in searches for key in search["trials"][0]["chosen"]))
    facts = ("kid", "kid_se", "steps", "operations", "diverged")
    rows = [
        (
            search["family"],
            search["run"],
            index,
            int(index == search["best"]),
            *(trial[fact] for fact in facts),  # type: ignore[literal-required]
            *map(trial["chosen"].get, keys),
        )
        for search in searches
        for index, trial in enumerate(search["trials"])
    ]
    return frame(["family", "run", "trial", "best", *facts, *keys], rows)


def budget(results: Results) -> str:
    """Tell the protocol of the search in plain words."""
    protocol = results["protocol"]
    return (
        f"Each of {len(results['runs'])} runs of {len(by_family(results))} families tries its default options and "
        f"{protocol['trials']} random draws. Every trial has the same {protocol['operations']:g}·10⁹ floating-point "
        "operations of training, the budget of the leaderboard, from which its steps follow: options that cost more a "
        f"step get fewer steps. All trials have one seed ({protocol['seed']}). The score is KID, lower is better, "
        f"between {protocol['n_fake']} samples and the {protocol['n_real']} images of the split validation of "
        f"{protocol['dataset']}, under {protocol['extractor']}, an extractor that the leaderboard is not judged by, "
        "with features standardised by those of validation. "
        "The split that the leaderboard is judged on is not read."
    )


def drawn(trial: Trial) -> str:
    """Print the options that were drawn, as "lr 0.001, betas 0.5 0.9"."""
    return ", ".join(f"{key} {_text(value)}" for key, value in trial["chosen"].items())


def values(option: Any) -> str:
    """Print what an option is drawn from, as "0.001 to 0.01" or "0.5 0.9; 0.5 0.999"."""
    if isinstance(option, list):
        return "; ".join(_text(value) for value in option)
    return f"{option['low']:g} to {option['high']:g}"


def printed(trial: Trial) -> str:
    """Print the KID of a trial with its standard error, or the step at which it diverged."""
    if trial["kid"] is None:
        return f"diverged at step {trial['diverged']}"
    return f"{number(trial['kid'], '.4f')} ± {trial['kid_se']:.4f}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_text(part) for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _best(trials: Sequence[Trial]) -> int:
    return min(range(len(trials)), key=lambda index: _order(trials[index]))


def _order(trial: Trial) -> float:
    return float("inf") if trial["kid"] is None else trial["kid"]

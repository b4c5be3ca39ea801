"""Tuned options written into the catalogue: a row <run>_tuned beside each run, with where its options come from.

A run whose default options were the best has no such row, which would be the same run twice. The profile that compares
tuned rows of the dataset with the untuned ones is given those whose untuned run it has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.files.atomic import write_text
from genbench.files.section import read
from genbench.files.yaml import overridden
from genbench.pipeline import params
from genbench.pipeline.catalogue import RUNS, Run
from genbench.pipeline.profiles import PROFILES
from genbench.pipeline.runs import key
from laboratory.claims import listed
from laboratory.tuning.results import Results, Search, best_of, origin
from laboratory.tuning.space import draw

#: The profile that compares tuned rows with the untuned ones, by the dataset that they were tuned on.
COMPARISONS = {"digits": PROFILES / "divergences.yaml", "known_digits": PROFILES / "known.yaml"}


def tuned_rows(results: Results, catalogue: Mapping[str, Run]) -> dict[str, dict[str, Any]]:
    """Make the entries of the catalogue, by name."""
    halves = {search["run"]: _options(results, search, catalogue) for search in results["runs"] if search["best"]}
    dataset = results["protocol"]["dataset"]
    return {
        tuned(search["run"], dataset): {
            "note": origin(results, search) + _same_game(search["run"], dataset, halves, catalogue),
            "tuned_on": dataset,
            "train": halves[search["run"]],
            "sample": catalogue[search["run"]].sample,
        }
        for search in results["runs"]
        if search["best"]
    }


def apply(results: Results) -> list[str]:
    """Write the rows into runs/, and into the profile that compares them; returns the names.

    A row of an earlier search goes where this one found nothing better than the default.
    """
    dataset = results["protocol"]["dataset"]
    rows = tuned_rows(results, params.load().runs)
    for name, row in rows.items():
        Run.model_validate(row)
        write_text(RUNS / f"{name}.yaml", overridden("{}", row))
    searched = {search["run"]: tuned(search["run"], dataset) for search in results["runs"]}
    for name in set(searched.values()) - rows.keys():
        (RUNS / f"{name}.yaml").unlink(missing_ok=True)
    if dataset in COMPARISONS:
        enable(COMPARISONS[dataset], {run: name for run, name in searched.items() if name in rows}, searched.values())
    return list(rows)


def tuned(run: str, dataset: str) -> str:
    """Name the row of a run's tuned options; the dataset is in it unless it is that of the default board."""
    return f"{run}_tuned" if dataset == "digits" else f"{run}_tuned_{dataset}"


def enable(profile: Path, rows: Mapping[str, str], searched: Collection[str]) -> None:
    """Keep of the searched rows those that were found, by run, and add to a profile's `enabled` those of its runs."""
    had = read(profile)["enabled"]
    enabled = [name for name in had if name in rows.values() or name not in searched]
    missing = [name for run, name in rows.items() if run in had and name not in enabled]
    write_text(profile, overridden(profile.read_text(encoding="utf-8"), {"enabled": enabled + missing}))


def _options(results: Results, search: Search, catalogue: Mapping[str, Run]) -> dict[str, Any]:
    """Draw the best trial's options again from the run as it stands now: the same, unless it was changed since."""
    protocol, half = results["protocol"], catalogue[search["run"]].train
    options = draw(half, protocol["space"], seed=protocol["seed"], trial=search["best"], batch=protocol["batch"])
    if options != best_of(search)["options"]:
        raise InputError(f"{key(search['run'], 'train')}: was changed since it was tuned; search again before applying")
    return options


def _same_game(run: str, dataset: str, halves: Mapping[str, dict[str, Any]], catalogue: Mapping[str, Run]) -> str:
    """Name the tuned rows of the games that the run's own note calls the same, where their options are equal too."""
    named = catalogue[run].note.replace(",", " ").split()
    rest = {name: {k: v for k, v in half.items() if k != "objective"} for name, half in halves.items()}
    same = [tuned(name, dataset) for name in halves if name in named and name != run and rest[name] == rest[run]]
    return f". The same game as {listed(same)}, whose gradients are equal" if same else ""

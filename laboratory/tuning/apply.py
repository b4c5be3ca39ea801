"""Tuned options written into the catalogue: a row <run>_tuned beside each run, with where its options come from.

A run whose default options were the best has no such row, which would be the same run twice. The profile that compares
adversarial rows with the untuned ones is given theirs as well.
"""

from __future__ import annotations

from collections.abc import Mapping
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

COMPARISON = PROFILES / "divergences.yaml"


def tuned_rows(results: Results, catalogue: Mapping[str, Run]) -> dict[str, dict[str, Any]]:
    """Make the entries of the catalogue, by name."""
    halves = {search["run"]: _options(results, search, catalogue) for search in results["runs"] if search["best"]}
    return {
        tuned(search["run"]): {
            "note": origin(results, search) + _same_game(search["run"], halves, catalogue),
            "tuned_on": results["protocol"]["dataset"],
            "train": halves[search["run"]],
            "sample": catalogue[search["run"]].sample,
        }
        for search in results["runs"]
        if search["best"]
    }


def apply(results: Results) -> list[str]:
    """Write the rows into runs/, and the adversarial ones into the profile that compares them; returns the names.

    A row of an earlier search goes where this one found nothing better than the default.
    """
    rows = tuned_rows(results, params.load().runs)
    for name, row in rows.items():
        Run.model_validate(row)
        write_text(RUNS / f"{name}.yaml", overridden("{}", row))
    stale = [name for search in results["runs"] if (name := tuned(search["run"])) not in rows]
    for name in stale:
        (RUNS / f"{name}.yaml").unlink(missing_ok=True)
    enable(COMPARISON, [name for name, row in rows.items() if row["train"]["model"] == "gan"], stale)
    return list(rows)


def tuned(run: str) -> str:
    """Name the row of a run's tuned options."""
    return f"{run}_tuned"


def enable(profile: Path, names: list[str], stale: list[str]) -> None:
    """Take stale rows out of a profile's `enabled`, and add those that it does not have yet to its end."""
    enabled = [name for name in read(profile)["enabled"] if name not in stale]
    missing = [name for name in names if name not in enabled]
    text = overridden(profile.read_text(encoding="utf-8"), {"enabled": enabled + missing})
    write_text(profile, text)


def _options(results: Results, search: Search, catalogue: Mapping[str, Run]) -> dict[str, Any]:
    """Draw the best trial's options again from the run as it stands now: the same, unless it was changed since."""
    protocol, half = results["protocol"], catalogue[search["run"]].train
    options = draw(half, protocol["space"], seed=protocol["seed"], trial=search["best"], batch=protocol["batch"])
    if options != best_of(search)["options"]:
        raise InputError(f"{key(search['run'], 'train')}: was changed since it was tuned; search again before applying")
    return options


def _same_game(run: str, halves: Mapping[str, dict[str, Any]], catalogue: Mapping[str, Run]) -> str:
    """Name the tuned rows of the games that the run's own note calls the same, where their options are equal too."""
    named = catalogue[run].note.replace(",", " ").split()
    rest = {name: {k: v for k, v in half.items() if k != "objective"} for name, half in halves.items()}
    same = [tuned(name) for name in halves if name in named and name != run and rest[name] == rest[run]]
    return f". The same game as {listed(same)}, whose gradients are equal" if same else ""

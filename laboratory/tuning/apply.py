"""Tuned options written into the catalogue: a row <run>_tuned beside each run, with where its options come from.

The profile that compares them with the untuned ones is given the rows as well.
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
from laboratory.tuning.results import Results, Search, best_of, origin
from laboratory.tuning.space import Space, draw

COMPARISON = PROFILES / "divergences.yaml"


def tuned_rows(results: Results, catalogue: Mapping[str, Run]) -> dict[str, dict[str, Any]]:
    """Make the entries of the catalogue, by name."""
    return {
        f"{search['run']}_tuned": {
            "note": origin(results, search),
            "train": _options(results, search, catalogue[search["run"]].train),
            "sample": catalogue[search["run"]].sample,
        }
        for search in results["runs"]
    }


def apply(results: Results) -> list[str]:
    """Write the rows into runs/ and their names into the profile that compares them; returns the names."""
    rows = tuned_rows(results, params.load().runs)
    for name, row in rows.items():
        Run.model_validate(row)
        write_text(RUNS / f"{name}.yaml", overridden("{}", row))
    enable(COMPARISON, list(rows))
    return list(rows)


def enable(profile: Path, names: list[str]) -> None:
    """Add the rows that a profile does not have yet to the end of its `enabled`."""
    enabled = read(profile)["enabled"]
    missing = [name for name in names if name not in enabled]
    text = overridden(profile.read_text(encoding="utf-8"), {"enabled": enabled + missing})
    write_text(profile, text)


def _options(results: Results, search: Search, half: dict[str, Any]) -> dict[str, Any]:
    """Draw the best trial's options again from the run as it stands now: the same, unless it was changed since."""
    protocol = results["protocol"]
    space = Space.model_validate(protocol["space"])
    options = draw(half, space, seed=protocol["seed"], trial=search["best"], trials=protocol["trials"])
    if options != best_of(search)["options"]:
        raise InputError(f"{key(search['run'], 'train')}: was changed since it was tuned; search again before applying")
    return options

"""What tuning found, written into params.yaml: a row <run>_tuned beside each run, with where its options come from.

The profile that enables the whole catalogue is given the rows as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from genbench import params
from genbench.errors import InputError
from genbench.files import write_text
from genbench.laboratory.tuning.results import Results, Search, found, origin
from genbench.laboratory.tuning.space import Space, draw
from genbench.profiles import PROFILES, overridden

CATALOGUE = PROFILES / "digits_all.yaml"


def tuned_rows(results: Results, catalogue: dict[str, params.Run]) -> dict[str, dict[str, Any]]:
    """Entries of the catalogue by name, their halves laid out in one line each as its others are."""
    return {
        f"{one['run']}_tuned": {
            "note": origin(results, one),
            "train": _one_line(_options(results, one, catalogue[one["run"]].train)),
            "sample": _one_line(catalogue[one["run"]].sample),
        }
        for one in results["runs"]
    }


def apply(results: Results) -> list[str]:
    """Write the rows into params.yaml and their names into the catalogue's profile; returns the names."""
    text = params.PARAMS.read_text(encoding="utf-8")
    rows = tuned_rows(results, params.load().runs)
    written = overridden(text, {"runs": rows})
    params.parse(YAML(typ="safe").load(written), str(params.PARAMS))
    write_text(params.PARAMS, written)
    enable(CATALOGUE, list(rows))
    return list(rows)


def enable(profile: Path, names: list[str]) -> None:
    """Add rows to the end of a profile's `enabled`, those that are not there yet."""
    enabled = params.read(profile)["enabled"]
    missing = [name for name in names if name not in enabled]
    text = overridden(profile.read_text(encoding="utf-8"), {"enabled": enabled + missing})
    write_text(profile, text)


def _options(results: Results, search: Search, half: dict[str, Any]) -> dict[str, Any]:
    """The best trial's options, drawn again from the run as it stands now: the same, unless it was changed since."""
    said = results["protocol"]
    space = Space.model_validate(said["space"])
    options = draw(half, space, seed=said["seed"], trial=search["best"], trials=said["trials"])
    if options != found(search)["options"]:
        raise InputError(f"runs.{search['run']}.train was changed since it was tuned; search again before applying")
    return options


def _one_line(half: dict[str, Any]) -> CommentedMap:
    laid_out = CommentedMap(half)
    laid_out.fa.set_flow_style()
    return laid_out

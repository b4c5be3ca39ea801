"""Profiles: small files of overrides that make params.yaml another benchmark.

`use` writes profiles/<name>.yaml into params.yaml, in place and with its comments, so that plain `dvc repro` honours
it; DVC's run-cache then brings back what was run before. All profiles set the same keys, and each lists all its
metrics, so that nothing of one stays behind in the next. `note` alone is of those that have something to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genbench.data.paths import PUBLISHED
from genbench.errors import InputError, unknown
from genbench.files import yaml as yaml_text
from genbench.files.atomic import write_text
from genbench.files.require_file import kind_of
from genbench.files.section import read, read_text
from genbench.files.yaml import overridden
from genbench.pipeline import params
from genbench.pipeline.catalogue import RUNS, Catalogue
from genbench.pipeline.params import Params

PROFILES = Path("profiles")
#: Keys of sections that a profile may leave out, so that those of another must go.
OPTIONAL = {"data": ("pairing", "paired"), "likelihood": ("images",)}


def use(name: str) -> str:
    """Make `name` the current profile and return a sentence about it. Nothing is written if the result does not fit."""
    known = [file.stem for file in PROFILES.glob("*.yaml")]
    if name not in known and kind_of(params.PARAMS) == "a file" and params.load().profile == name:
        return f"params.yaml is {name} already, of which there is no profiles/{name}.yaml; next: dvc repro"
    if name not in known and name == "image_folder":
        raise InputError("profile image_folder: needs your folder: genbench use image_folder --source FOLDER")
    if name not in known:
        raise unknown("profile", name, known)
    overrides = read(PROFILES / f"{name}.yaml")
    if not isinstance(overrides, dict):
        raise InputError(f"profiles/{name}.yaml: expected a mapping of overrides, got {type(overrides).__name__}")
    return apply(name, overrides)


def apply(name: str, overrides: Mapping[str, Any], *, then: str = "dvc repro") -> str:
    """Write overrides into params.yaml, under a profile's name, and return a sentence about it. then: the next command.

    Nothing is written if the result does not fit.
    """
    text, _ = composed(name, overrides)
    published = PUBLISHED / name / "dvc.lock"
    lock = read_text(published) if kind_of(published) != "nothing" else ""
    write_text(params.PARAMS, text)
    if lock:
        write_text(Path("dvc.lock"), lock)
        return f"params.yaml is now {name}, dvc.lock the published one; next: {then}"
    return f"params.yaml is now {name}; next: {then}"


def composed(name: str, overrides: Mapping[str, Any]) -> tuple[str, Params]:
    """Return the text of params.yaml with a profile's overrides, and its values; an InputError if they do not fit."""
    params.load()  # what cannot be read cannot be overridden
    before = params.PARAMS.read_text(encoding="utf-8")
    emptied = overridden(before, dict.fromkeys(overrides.keys() & {"metrics"}))  # so that those of another do not stay
    for section in OPTIONAL.keys() & overrides.keys():
        emptied = yaml_text.without(emptied, section, OPTIONAL[section])
    text = overridden(emptied, {"profile": name, "note": None, **overrides})
    return text, params.parse(yaml_text.parse(text, f"profiles/{name}.yaml"), f"profiles/{name}.yaml", Catalogue(RUNS))


def require_dataset(name: str, dataset: str, *, of_file: bool = True) -> None:
    """Refuse a dataset that is not the profile's: that of its file, unless `of_file` is false, or of what is published.

    What is published under a profile's name brings its dvc.lock back with `use`.
    """
    files = [PROFILES / f"{name}.yaml"] if of_file else []
    for file in (*files, PUBLISHED / name / params.PARAMS):
        values = read(file) if kind_of(file) == "a file" else None
        there = values.get("dataset", dataset) if isinstance(values, dict) else dataset
        if there != dataset:
            raise InputError(
                f"{file}: expected the dataset {dataset}, which params.yaml has now, got {there}; "
                f"give the profile another name (profile in {params.PARAMS}: {name})"
            )

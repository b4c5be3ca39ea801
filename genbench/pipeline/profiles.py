"""Profiles: small files of overrides that make params.yaml another benchmark.

`use` writes profiles/<name>.yaml into params.yaml, in place and with its comments, so that plain `dvc repro` honours
it; DVC's run-cache then brings back what was run before. All profiles set the same keys, so that nothing of one
stays behind in the next.
"""

from __future__ import annotations

from pathlib import Path

from genbench.data.paths import PUBLISHED
from genbench.errors import InputError, unknown
from genbench.files import yaml as yaml_text
from genbench.files.atomic import write_text
from genbench.files.require_file import kind_of
from genbench.files.section import read, read_text
from genbench.files.yaml import overridden
from genbench.pipeline import params
from genbench.pipeline.catalogue import RUNS, Catalogue

PROFILES = Path("profiles")


def use(name: str) -> str:
    """Make `name` the current profile and return a sentence about it. Nothing is written if the result does not fit."""
    known = [file.stem for file in PROFILES.glob("*.yaml")]
    if name not in known and kind_of(params.PARAMS) == "a file" and params.load().profile == name:
        return f"params.yaml is {name} already, of which there is no profiles/{name}.yaml; next: dvc repro"
    if name not in known:
        raise unknown("profile", name, known)
    overrides = read(PROFILES / f"{name}.yaml")
    if not isinstance(overrides, dict):
        raise InputError(f"profiles/{name}.yaml: expected a mapping of overrides, got {type(overrides).__name__}")
    params.load()  # what cannot be read cannot be overridden
    text = overridden(params.PARAMS.read_text(encoding="utf-8"), {"profile": name, **overrides})
    params.parse(yaml_text.parse(text, f"profiles/{name}.yaml"), f"profiles/{name}.yaml", Catalogue(RUNS))
    published = PUBLISHED / name / "dvc.lock"
    lock = read_text(published) if kind_of(published) != "nothing" else ""
    write_text(params.PARAMS, text)
    if lock:
        write_text(Path("dvc.lock"), lock)
        return f"params.yaml is now {name}, dvc.lock the published one; next: dvc repro"
    return f"params.yaml is now {name}; next: dvc repro"

"""Profiles: small files of overrides that make params.yaml another benchmark, and kept copies of their reports.

`use` writes profiles/<name>.yaml into params.yaml, in place and with its comments, so that plain `dvc repro` honours
it; DVC's run-cache then brings back what was run before. All profiles set the same keys, so that nothing of one
stays behind in the next. `publish` copies the report, params.yaml and dvc.lock into reports/published/<profile>/,
which DVC does not know and therefore never deletes.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter

from genbench import locked, params, yaml_text
from genbench.catalogue import RUNS, Catalogue
from genbench.errors import InputError, unknown
from genbench.files import write_text
from genbench.paths import REPORTS
from genbench.regular import kind_of
from genbench.section import read, read_text

PROFILES = Path("profiles")
PUBLISHED = REPORTS / "published"
KEPT = (
    "index.html",
    "leaderboard.json",
    "leaderboard.schema.json",
    "leaderboard.md",
    "leaderboard.csv",
    "leaderboard.tex",
    "leaderboard.bib",
    "costs.csv",
    "overview.png",
    "real.png",
    "grids",
)


def use(name: str) -> str:
    """Make `name` the current profile; returns what to say of it. Nothing is written if the result does not fit."""
    known = [file.stem for file in PROFILES.glob("*.yaml")]
    if name not in known:
        raise unknown("profile", name, known)
    overrides = read(PROFILES / f"{name}.yaml")
    if not isinstance(overrides, dict):
        raise InputError(f"profiles/{name}.yaml: expected a mapping of overrides, got {type(overrides).__name__}")
    params.load()  # what cannot be read cannot be overridden
    text = overridden(params.PARAMS.read_text(encoding="utf-8"), {"profile": name, **overrides})
    params.parse(yaml_text.parse(text, f"profiles/{name}.yaml"), f"profiles/{name}.yaml", Catalogue(RUNS))
    place = PUBLISHED / name / "dvc.lock"
    lock = read_text(place) if kind_of(place) != "nothing" else ""
    write_text(params.PARAMS, text)
    if lock:
        write_text(Path("dvc.lock"), lock)
        return f"params.yaml is now {name}, dvc.lock the published one; next: dvc repro"
    return f"params.yaml is now {name}; next: dvc repro"


class _Representer(RoundTripRepresenter):
    """Writes null as such, where DVC, which uses the class above in this process, leaves the value out."""


_Representer.add_representer(
    type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
)


def overridden(text: str, overrides: dict[str, Any]) -> str:
    """YAML `text` with values replaced, everything else (comments, order, layout) as it was."""
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    if not document:
        document.fa.set_block_style()
    _replace(document, overrides)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _replace(target: Any, overrides: dict[str, Any]) -> None:
    for key, value in overrides.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _replace(target[key], value)
        elif isinstance(value, list) and value and isinstance(target.get(key), list):
            target[key][:] = value  # in place, so that the list keeps its layout
        else:
            target[key] = value


def publish() -> Path:
    """Copy the current, finished report into reports/published/<profile>/; returns that folder.

    A file that is not as dvc.lock has it is an InputError, as is a report that is not up to date.
    """
    profile = params.load().profile
    locked.require_current()
    done = subprocess.run([sys.executable, "-m", "dvc", "status", "--quiet", "dvc.yaml"], check=False)
    if done.returncode != 0:
        raise InputError("reports/: not up to date with params.yaml and the code; run dvc repro first")
    folder = PUBLISHED / profile
    fresh = folder.with_name(f".{profile}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in KEPT:
        copy = shutil.copytree if (REPORTS / name).is_dir() else shutil.copyfile
        copy(REPORTS / name, fresh / name)
    for name in ("params.yaml", "dvc.lock"):
        shutil.copyfile(name, fresh / name)
    shutil.rmtree(folder, ignore_errors=True)
    return fresh.replace(folder)

"""Profiles change values and nothing else, leave nothing behind, and what is published stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from genbench.errors import InputError
from genbench.files import yaml
from genbench.files.section import read
from genbench.pipeline import params, profiles
from tests.support.clone import ROOT, Clone

NAMES = sorted(file.stem for file in (ROOT / "profiles").glob("*.yaml"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the project's params.yaml and profiles."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    for folder in ("profiles", "runs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def text(project: Path) -> str:
    return (project / "params.yaml").read_text(encoding="utf-8")


def comments(project: Path) -> list[str]:
    return [line.partition("#")[2] for line in text(project).splitlines() if "#" in line]


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_fits_and_keeps_the_comments_and_the_catalogue(project: Path, name: str) -> None:
    before, runs = comments(project), params.load().runs
    profiles.use(name)
    loaded = params.load()
    assert loaded.profile == name
    assert (comments(project), loaded.runs) == (before, runs)
    overrides = read(project / "profiles" / f"{name}.yaml")
    written = read(project / "params.yaml")
    assert {key: written[key] for key in overrides} == overrides


def test_nothing_of_one_profile_stays_behind_in_another(project: Path) -> None:
    committed, direct = text(project), {}
    for name in NAMES:
        (project / "params.yaml").write_text(committed, encoding="utf-8")
        profiles.use(name)
        direct[name] = text(project)
    for name in [*NAMES, *NAMES]:  # the second time, each comes after all the others
        profiles.use(name)
        assert text(project) == direct[name], f"{name}: expected the keys of every other profile, and no more"


def test_the_committed_params_are_a_profile(project: Path) -> None:
    before = text(project)
    profiles.use(params.load().profile)
    assert text(project) == before


def test_a_profile_that_does_not_fit_changes_nothing(project: Path) -> None:
    before = text(project)
    (project / "profiles/broken.yaml").write_text("seeds: []\n", encoding="utf-8")
    with pytest.raises(InputError, match="profiles/broken.yaml|seeds"):
        profiles.use("broken")
    assert text(project) == before


@pytest.mark.parametrize(
    ("before", "overrides", "after"),
    [
        ("a: 1 # one\nb: 2\n", {"a": 3}, "a: 3 # one\nb: 2\n"),
        ("# flow\na: [1, 2]\n", {"a": [3]}, "# flow\na: [3]\n"),
        ("a:\n  - 1\n  - 2\nb: 1\n", {"a": [3]}, "a:\n  - 3\nb: 1\n"),
        ("a: {x: 1, y: 2}\n", {"a": {"y": 3}}, "a: {x: 1, y: 3}\n"),
        ("a: 5\n", {"a": None}, "a: null\n"),
        ("a: 1\n", {"b": {"c": 1}}, "a: 1\nb:\n  c: 1\n"),
        ("a:\n  - 1\nb: 1\n", {"a": []}, "a: []\nb: 1\n"),
    ],
)
def test_overrides_replace_values_and_keep_the_layout(before: str, overrides: dict[str, object], after: str) -> None:
    assert yaml.overridden(before, overrides) == after


@pytest.mark.pipeline
def test_published_reports_and_their_lock_come_back(base: Clone, tmp_path: Path) -> None:
    copy = base.copy(tmp_path / "copy")
    assert "published" in copy.run("genbench", "publish")
    kept = copy.files("reports/published/tiny/**/*")
    assert {"reports/published/tiny/" + name for name in ("index.html", "params.yaml", "dvc.lock")} <= kept.keys()
    copy.set(enabled=["vae"])
    assert "not up to date" in copy.attempt("genbench", "publish").stderr
    copy.repro()
    assert copy.files("reports/published/tiny/**/*") == kept
    copy.run("genbench", "use", "tiny")
    assert copy.files("dvc.lock") == base.files("dvc.lock")
    assert copy.files("params.yaml") == base.files("params.yaml")

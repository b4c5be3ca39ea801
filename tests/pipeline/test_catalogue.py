"""The catalogue of runs and the profiles over it: every member has a row, and rows compare like with like."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from genbench.files.section import read
from genbench.find import dotted, find, members, named_members
from genbench.options import name_of
from genbench.pipeline import params, runs
from laboratory.tuning.apply import tuned as tuned_row
from tests.support.clone import ROOT, change, copy_versions, environment
from tests.support.pairs import translates

RUNS = params.load(ROOT / "params.yaml").runs
UNTUNED = {name: run.train for name, run in RUNS.items() if not run.tuned_on}
GANS = {name: half for name, half in UNTUNED.items() if half["model"] == "gan"}
FGANS = {name: half for name, half in GANS.items() if name.startswith("fgan_")}
EXTRA = '''"""Pearson's under another name."""

from genbench.adversarial.divergences import Divergence
from genbench.adversarial.divergences import pearson


def build() -> Divergence:
    return pearson.build()
'''


def enabled(profile: str) -> set[str]:
    return set(read(ROOT / "profiles" / f"{profile}.yaml")["enabled"])


def families(run: str) -> str:
    """The family of a run: a GAN's is its objective's."""
    half = RUNS[run].train
    named: str = find("models", half["model"]).FAMILY
    return named if "objective" not in half else str(find("objectives", name_of(half["objective"])).FAMILY)


@pytest.mark.parametrize("collection", ["conditionings", "divergences", "objectives", "penalties", "tricks"])
def test_every_member_has_a_row(collection: str) -> None:
    named = {module for half in UNTUNED.values() for module in named_members(half)}
    assert {dotted(collection, name) for name in members(collection)} <= named


def test_adversarial_rows_share_network_latent_and_budget() -> None:
    conv = {"name": "conv", "width": 24}
    others = {"sngan": conv | {"spectral": True}, "r3gan_network": {"name": "r3gan", "width": 16, "group": 8}}
    for name, half in GANS.items():
        assert half["network"] == others.get(name, conv), name
        assert half["latent"] == 16, name
        assert not {"steps", "batch"} & half.keys(), name


def test_divergences_differ_in_the_divergence_alone_or_say_in_what() -> None:
    assert len(FGANS) == len(members("divergences"))
    for name, half in FGANS.items():
        alike = {
            **FGANS["fgan_kl"],
            "objective": {**FGANS["fgan_kl"]["objective"], "divergence": half["objective"]["divergence"]},
        }
        if "critic learns ten times slower" in RUNS[name].note:
            alike["critic_lr"] = alike["lr"] / 10
        assert half == alike


def test_tricks_are_one_change_of_the_same_run() -> None:
    tricks = [half for name, half in GANS.items() if half.get("tricks")]
    assert all(len(half["tricks"]) == 1 for half in tricks)
    without = [{key: value for key, value in half.items() if key != "tricks"} for half in tricks]
    assert all(half == UNTUNED["nsgan"] for half in without)


def test_profiles_enable_what_they_promise() -> None:
    drawn = {name for name in RUNS if not translates(RUNS[name].train)}
    untuned = {name for name in drawn if not (RUNS[name].tuned_on or name.endswith(("_bits", "_fashion")))}
    calibration = {name for name in untuned if RUNS[name].calibration}
    assert enabled("mnist_binary") - calibration == {name for name in drawn if name.endswith("_bits")}
    assert enabled("digits_all") == untuned, "expected every run without sources in profiles/digits_all.yaml"
    plain = {name for name, half in GANS.items() if not (half.get("tricks") or name.startswith("nsgan_"))}
    tuned = {name for name, run in RUNS.items() if run.tuned_on == "digits" and run.train["model"] == "gan"}
    assert enabled("divergences") == calibration | plain - {"r3gan_network"} | {"nsgan_r1"} | tuned, "one network"
    assert calibration - {"categorical_mixture"} <= enabled("digits"), "its board is that of known distributions"
    trained = enabled("digits") - calibration
    assert 8 <= len(trained) <= 12
    assert {families(name) for name in trained} == {families(name) for name in untuned - calibration}


def test_tuned_rows_name_the_dataset_of_every_board_that_has_them() -> None:
    for file in (ROOT / "profiles").glob("*.yaml"):
        board = read(file)
        assert {RUNS[name].tuned_on for name in board["enabled"]} <= {"", board["dataset"]}, file.name
    for name, run in RUNS.items():
        untuned, tuned, _ = name.partition("_tuned")
        assert bool(run.tuned_on) == bool(tuned)
        assert not tuned or name == tuned_row(untuned, run.tuned_on)


@pytest.mark.parametrize("name", FGANS)
def test_a_divergence_says_where_its_bound_is_unsafe(name: str) -> None:
    reference: Any = FGANS[name]["objective"]["divergence"]
    options = {} if isinstance(reference, str) else {k: v for k, v in reference.items() if k != "name"}
    divergence = find("divergences", reference if isinstance(reference, str) else reference["name"]).build(**options)
    (note,) = runs.model(FGANS[name], (1, 8, 8)).notes()
    safe_everywhere = divergence.safe == (float("-inf"), float("inf"))
    assert ("finite for every output" in note) == safe_everywhere
    assert divergence.unsafe in note


def test_other_runs_have_no_bound_to_speak_of() -> None:
    assert [name for name, half in GANS.items() if name not in FGANS and runs.model(half, (1, 8, 8)).notes()] == []


def test_a_new_divergence_retrains_no_other_run(tmp_path: Path) -> None:
    """Seen at the fingerprints, by which trainings depend on code."""
    for folder in ("genbench", "stages", "runs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "params.yaml", tmp_path)
    copy_versions(tmp_path)
    before = fingerprints(tmp_path)
    (tmp_path / "genbench/adversarial/divergences/extra.py").write_text(EXTRA, encoding="utf-8")
    row = {**FGANS["fgan_kl"], "objective": {"name": "fgan", "divergence": "extra", "update": "minimax"}}
    change(tmp_path, runs={"fgan_extra": {"train": row, "sample": {}}})
    after = fingerprints(tmp_path)
    assert after.keys() - before.keys() == {"runs/fgan_extra.train.json", "runs/fgan_extra.sample.json"}
    assert {name: content for name, content in after.items() if name in before} == before
    assert b"genbench.adversarial.divergences.extra" in after["runs/fgan_extra.train.json"]


def fingerprints(project: Path) -> dict[str, bytes]:
    """Return what the stage writes in a project, by file."""
    subprocess.run([sys.executable, "-m", "stages.fingerprint"], cwd=project, env=environment(), check=True)
    folder = project / "code"
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.json")}

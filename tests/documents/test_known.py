"""docs/known.md and docs/laboratories.md: a world whose truth is known, and studies that read a benchmark."""

from __future__ import annotations

import json
from typing import Any

import pytest

from genbench.files.yaml import overridden
from tests.laboratory import test_metrics, test_truth
from tests.support.printed import Reader

pytestmark = [pytest.mark.soak, pytest.mark.pipeline]


def test_one_study(project: Reader) -> None:
    (project.path / "laboratory/metrics/params.yaml").write_text(json.dumps(test_metrics.SMALL), encoding="utf-8")
    project.set(extractors=["classifier", "pixels"])
    project.run("genbench", "fanout")
    project.types("cd laboratory/metrics && dvc repro")
    assert "between classifier and pixels" in (project.path / "laboratory/metrics/report/index.html").read_text("utf-8")
    project.types("dvc exp save -n NAME metrics/dvc.yaml", put={"NAME": "study"}, within="laboratory")
    assert project.laboratory.run("dvc", "exp", "list", "--name-only").split() == ["study"]


def test_what_tuning_found_goes_into_the_catalogue(project: Reader) -> None:
    study = project.path / "laboratory/tuning/params.yaml"
    few: dict[str, Any] = {"runs": ["wgan", "hinge"], "trials": 3, "images": 20, "space": {"batch": [8, 16]}}
    study.write_text(overridden(study.read_text(encoding="utf-8"), few), encoding="utf-8")
    project.set(train={"operations": 0.5, "steps": None, "batch": 8})
    project.laboratory.run("genbench", "repro", "tuning/dvc.yaml")
    found = [search["run"] for search in project.json("laboratory/tuning/report/tuning.json")["runs"] if search["best"]]
    assert found, "of three settings one at least is better than the default"
    said = project.types("python -m laboratory.tuning.stages.apply")
    assert said.startswith(f"runs/ now has {', '.join(f'{run}_tuned' for run in found)}; ")
    for run in found:
        assert "tuned_on: digits" in (project.path / f"runs/{run}_tuned.yaml").read_text(encoding="utf-8")


def test_a_benchmark_whose_truth_is_known_and_the_study_of_it(project: Reader) -> None:
    profile = project.path / "profiles/known.yaml"
    few: dict[str, Any] = {
        "enabled": ["held_out", "pixel_histogram", "pca_gaussian"],
        "seeds": [0, 1],
        "extractors": ["pixels"],
        "data": {"split": {"train": 100, "validation": 20, "reference": 80, "held_out": 80}},
        "sampling": {"batch": 80},
    }
    profile.write_text(overridden(profile.read_text(encoding="utf-8"), few), encoding="utf-8")
    (project.path / "laboratory/truth/params.yaml").write_text(json.dumps(test_truth.small()), encoding="utf-8")
    project.types("genbench use known")
    project.types("genbench fanout")
    assert "surprise" in project.types("genbench table")
    project.types("cd laboratory && genbench repro truth/dvc.yaml")
    page = (project.path / "laboratory/truth/report/index.html").read_text(encoding="utf-8")
    assert "Which metric tells the truth?" in page and "pca_gaussian" in page

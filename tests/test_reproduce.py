"""`genbench repro` beside `dvc repro`: the same stages, the same lock, whatever ends it."""

from __future__ import annotations

from pathlib import Path

import pytest
from clone import Clone, executed

pytestmark = pytest.mark.pipeline

EVALUATED = {"evaluate@wgan_gp-0-classifier", "evaluate@vae-0-classifier"}


def test_it_runs_the_same_stages_and_leaves_the_same_lock(
    base: Clone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    projects = [base.copy(tmp_path_factory.mktemp(name) / "project") for name in ("plain", "seldom")]
    for project in projects:
        project.set(metrics={"precision_recall": {"k": 2}})
    plain, seldom = projects
    assert executed(seldom.run("genbench", "repro")) == plain.repro() == EVALUATED | {"report"}
    assert seldom.files("dvc.lock") == plain.files("dvc.lock") != base.files("dvc.lock")
    assert "up to date" in seldom.run("genbench", "repro")


def test_a_stage_that_fails_loses_nothing_of_what_ran_before_it(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "project")
    project.set(metrics={"precision_recall": {"k": 2}})
    project.append("genbench/report/templates/page.html.j2", "{% broken %}")
    failed = project.attempt("genbench", "repro")
    assert failed.returncode == 1
    assert "error: failed to reproduce 'report': failed to run: python -m stages.report" in failed.stderr
    assert "Traceback" not in failed.stderr.replace("Traceback (most recent call last)", "", 1)  # the stage's own
    project.run("git", "checkout", "genbench/report/templates")
    assert project.repro() == {"report"}

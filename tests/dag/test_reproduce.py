"""`genbench repro` beside `dvc repro`: the same stages, the same lock, whatever ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clone import Clone, executed
from tests.support.fanout_project import project

pytestmark = pytest.mark.pipeline

EVALUATED = {"evaluate@wgan_gp-0-classifier", "evaluate@vae-0-classifier"}


def test_it_runs_the_same_stages_and_leaves_the_same_lock(
    base: Clone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    projects = [base.copy(tmp_path_factory.mktemp(name) / "project") for name in ("plain", "seldom")]
    for made in projects:
        made.set(metrics={"precision_recall": {"k": 2}})
    plain, seldom = projects
    assert executed(seldom.run("genbench", "repro")) == plain.repro() == EVALUATED | {"fingerprint", "report"}
    assert seldom.files("dvc.lock") == plain.files("dvc.lock") != base.files("dvc.lock")
    assert "up to date" in seldom.run("genbench", "repro")


@pytest.mark.soak
def test_a_stage_that_fails_loses_nothing_of_what_ran_before_it(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "project")
    project.set(metrics={"precision_recall": {"k": 2}})
    project.append("genbench/report/templates/page.html.j2", "{% broken %}")
    failed = project.attempt("genbench", "repro")
    assert failed.returncode == 1
    assert "error: failed to reproduce 'report': failed to run: python -m stages.report" in failed.stderr
    assert "Traceback" not in failed.stderr.replace("Traceback (most recent call last)", "", 1)  # the stage's own
    project.run("git", "checkout", "genbench/report/templates")
    assert project.repro() == {"fingerprint", "report"}


TRAINED = {"train@noise-0", "train@held_out-0"}
ALL = {"prepare", *TRAINED, "evaluate@noise-0", "evaluate@held_out-0", "report"}
#: Flags, and what a dry run with them names where train.steps is new and the metrics of held_out are deleted.
WAYS = {
    "": {*TRAINED, "evaluate@held_out-0", "report"},
    "--force": ALL,
    "--single-item evaluate@held_out-0": {"evaluate@held_out-0"},
    "--downstream train@noise-0": {"train@noise-0", "report"},
    "--force-downstream evaluate@noise-0": {"train@noise-0", "evaluate@noise-0"},
    "--pipeline train@noise-0": {*TRAINED, "evaluate@held_out-0", "report"},
    "--all-pipelines": {*TRAINED, "evaluate@held_out-0", "report"},
    "--glob train@*": TRAINED,
    "--allow-missing": {*TRAINED, "report"},
    "--no-run-cache --keep-going --force prepare train@held_out-0": {"prepare", "train@held_out-0"},
}


def test_flags_are_those_of_dvc_repro_and_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    made = project(tmp_path / "p", runs=["noise", "held_out"], seeds=[0])
    made.repro()
    made.commit()
    made.set(train={"steps": 7})
    (made.path / "data/metrics/held_out/0.json").unlink()
    lock = made.path / "dvc.lock"
    written = lock.stat()
    for flags, expected in WAYS.items():
        ours, theirs = (made.run(command, "repro", "--dry", *flags.split()) for command in ("genbench", "dvc"))
        assert executed(ours) == executed(theirs) == expected, flags
    assert (lock.stat().st_ino, lock.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    text = lock.read_text(encoding="utf-8").partition("  report:\n")[0]
    lock.write_text(f"{text}  report:\n    cmd: x\n    deps:\n", encoding="utf-8")
    cut = made.files("dvc.lock")
    assert made.attempt("genbench", "repro", "--dry").stderr.startswith("error: ")
    assert made.files("dvc.lock") == cut, "what a kill left is put right by a run that is not dry"


def test_frozen_stages_and_autostage_are_as_in_dvc_repro(tmp_path: Path) -> None:
    said = {}
    for command in ("dvc", "genbench"):
        made = project(tmp_path / command / "p", runs=["noise"], seeds=[0])
        made.repro()
        made.commit()
        text = (made.path / "dvc.yaml").read_text(encoding="utf-8")
        text = text.replace("  train:\n", "  train:\n    frozen: true\n")
        (made.path / "dvc.yaml").write_text(text, encoding="utf-8")
        made.run("dvc", "config", "--local", "core.autostage", "true")
        made.set(data={"seed": 7})
        done = made.attempt(command, "repro")
        assert done.returncode == 0, done.stderr
        assert executed(done.stdout) == {"prepare"}
        said[command] = [line for line in done.stderr.splitlines() if "frozen" in line]
        assert made.run("git", "diff", "--cached", "--name-only") == "dvc.lock\n"
    assert len(said["dvc"]) == 1
    assert said["genbench"] == said["dvc"]


def test_what_dvc_add_keeps_is_reproduced_too(tmp_path: Path) -> None:
    made = project(tmp_path / "p", runs=["noise"], seeds=[0])
    (made.path / "extra").write_text("1", encoding="utf-8")
    made.run("dvc", "add", "extra")
    text = (made.path / "dvc.yaml").read_text(encoding="utf-8")
    text = text.replace("    params: [data]\n", "    deps: [extra]\n    params: [data]\n")
    (made.path / "dvc.yaml").write_text(text, encoding="utf-8")
    made.repro()
    (made.path / "extra").unlink()
    (made.path / "extra").write_text("22", encoding="utf-8")
    assert "prepare" in executed(made.run("genbench", "repro"))
    assert "size: 2" in (made.path / "extra.dvc").read_text(encoding="utf-8")
    assert made.repro() == set()

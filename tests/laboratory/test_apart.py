"""The laboratories' DVC project beside the benchmark's, by real DVC: neither asks for the other's data."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from genbench.dag.fanout.clone import pack
from tests.support.clone import Clone

pytestmark = pytest.mark.pipeline

PIPELINE = "metrics/dvc.yaml"
FINGERPRINT, RULER = f"{PIPELINE}:fingerprint", f"{PIPELINE}:ruler@pixels"
CLEAN = "Data and pipelines are up to date."


@pytest.fixture
def project(base: Clone, tmp_path: Path) -> Clone:
    """A benchmark that was made, in a clone whose laboratories were not."""
    copy = base.copy(tmp_path / "project")
    assert copy.files("laboratory/*/dvc.lock")
    assert not copy.files("laboratory/*/data/**/*")
    return copy


@pytest.mark.soak
def test_experiments_ask_for_nothing_of_the_laboratories(project: Clone) -> None:
    assert CLEAN in project.run("dvc", "status")
    project.run("dvc", "checkout")
    project.run("dvc", "exp", "save", "--name", "saved")
    before = project.files("data/digits/metrics/**/*")
    project.run("dvc", "exp", "run", "--name", "other", "--set-param", "metrics.precision_recall.k=4")
    after = project.files("data/digits/metrics/**/*")
    assert before.keys() == after.keys()
    assert before != after

    project.run("git", "restore", ".")
    project.run("dvc", "checkout")
    assert project.files("data/digits/metrics/**/*") == before
    project.run("dvc", "exp", "apply", "other")
    assert project.files("data/digits/metrics/**/*") == after
    assert CLEAN in project.run("dvc", "status")


def test_what_was_pushed_is_all_that_another_clone_pulls(project: Clone, tmp_path: Path) -> None:
    project.run("dvc", "remote", "add", "--default", "here", str(tmp_path / "remote"))
    project.commit()
    project.run("dvc", "push")
    other = project.fresh(tmp_path / "other")
    other.run("dvc", "pull")
    assert CLEAN in other.run("dvc", "status")
    assert other.files("data/digits/metrics/**/*") == project.files("data/digits/metrics/**/*")


@pytest.mark.soak
def test_a_stage_of_a_laboratory_reads_the_benchmark_and_follows_its_code(project: Clone) -> None:
    laboratory = project.laboratory
    assert laboratory.repro(RULER) == {FINGERPRINT, RULER}
    made = project.files("laboratory/metrics/data/rulers/**/*")
    assert made
    assert not project.run("git", "status", "--porcelain", "--untracked-files=all", "reports", "data")

    # the run-cache knows dependencies and params outside of the project
    shutil.rmtree(laboratory.path / "metrics/data/rulers")
    (laboratory.path / "metrics/dvc.lock").unlink()
    assert laboratory.repro(RULER) == {FINGERPRINT}
    assert project.files("laboratory/metrics/data/rulers/**/*") == made

    project.append("genbench/extractors/pixels.py", "\n# a comment\n")
    assert laboratory.repro(RULER) == {FINGERPRINT}
    project.append("genbench/extractors/pixels.py", "\nANYTHING = 1\n")
    assert laboratory.repro(RULER) == {FINGERPRINT, RULER}
    project.set(threads=2)
    assert laboratory.repro(RULER) == {FINGERPRINT, RULER}
    assert project.files("laboratory/metrics/data/rulers/**/*") == made

    # and `genbench repro`, of which `make lab` is made, mends what a kill left of the lock
    lock = laboratory.path / "metrics/dvc.lock"
    whole = lock.read_text(encoding="utf-8")
    lock.write_text(whole[: whole.rindex(":")], encoding="utf-8")
    assert laboratory.attempt("dvc", "repro", RULER).returncode != 0
    done = laboratory.attempt("genbench", "repro", RULER)
    assert done.returncode == 0, done.stderr
    assert "metrics/dvc.lock: cut short by a kill" in done.stderr


def test_workers_of_a_fanout_are_given_no_laboratory(project: Clone) -> None:
    with tarfile.open(fileobj=io.BytesIO(pack(project.path, []))) as archive:
        names = archive.getnames()
    assert "genbench/report/document.py" in names
    assert not [name for name in names if name.startswith(("laboratory/", "reports/"))]


@pytest.mark.parametrize("command", ["dvc", "genbench"])
def test_a_laboratory_without_its_benchmark_is_refused_in_one_line(project: Clone, command: str) -> None:
    shutil.rmtree(project.path / "data/digits/images")
    done = project.laboratory.attempt(command, "repro", RULER)
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if "error" in line.lower()]
    assert "data/digits/images" in line
    assert "Traceback" not in done.stderr
    assert not project.files("laboratory/metrics/data/rulers/**/*")

"""Curves of running trainings: what is in the folder live/, when, and what DVC and git make of it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from genbench.dag.fanout.clone import pack
from genbench.engine.progress import Point
from genbench.pipeline import live
from tests.support.clone import Clone, environment

CURVE = [Point(2, "critic", 0.5, 1.0), Point(2, "generator", 0.25, 2.0)]


def test_a_curve_is_there_while_its_training_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("live/vae-1.csv")
    with live.curve("vae", 1, leads=True) as write:
        assert not file.exists()
        write(CURVE[:1])
        write(CURVE)
        assert file.read_text() == "step,group,loss,grad_norm\n2,critic,0.5,1.0\n2,generator,0.25,2.0\n"
        assert list(file.parent.iterdir()) == [file]
    assert not file.exists()


def test_a_training_that_fails_takes_its_curve_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ZeroDivisionError), live.curve("vae", 1, leads=True) as write:
        write(CURVE)
        _ = 1 / 0
    assert not list(Path("live").iterdir())


def test_what_a_kill_left_goes_before_a_training_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    left = [Path("live/vae-0.csv"), Path("live/vae-1.csv")]
    left[0].parent.mkdir()
    for file in left:
        file.write_text("step,group,loss,grad_norm\n99,autoencoder,0.5,1.0\n")
    with live.curve("vae", 1, leads=False) as write:
        write(CURVE)
        assert "99" in left[1].read_text(), "it belongs to the process that leads"
    with live.curve("vae", 1, leads=True):
        assert left[0].exists() and not left[1].exists()
    live.sweep(tmp_path)
    assert not left[0].exists()


def test_workers_get_no_curves_of_others(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path)]
    (tmp_path / "live").mkdir()
    (tmp_path / "live/.gitignore").write_text("*\n!.gitignore\n")
    (tmp_path / "kept").touch()
    subprocess.run([*git, "init", "--quiet"], check=True, env=environment())
    packed = pack(tmp_path, [])
    assert b"kept" in packed and b"live" not in packed


def until(come: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait, a minute at most, for something to come to be while a process runs."""
    deadline = time.monotonic() + 60
    while not come():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.1)


def drawn(project: Clone, *words: str) -> str:
    """Return the page that DVC makes of plots, without a warning."""
    done = project.attempt("dvc", "plots", *words)
    assert done.returncode == 0 and "failed" not in done.stdout + done.stderr, done.stderr
    return (project.path / "dvc_plots/index.html").read_text(encoding="utf-8")


@pytest.mark.soak
@pytest.mark.pipeline
@pytest.mark.parametrize("command", ["dvc repro", "genbench fanout -j 1"])
def test_dvc_draws_the_curve_of_a_running_training(base: Clone, tmp_path: Path, command: str) -> None:
    project = base.copy(tmp_path / "copy")
    assert project.run("git", "status", "--porcelain") == ""
    for words in (("show",), ("diff", "HEAD")):
        assert "live/" not in drawn(project, *words), "there is none yet"
    project.set(enabled=["vae"], train={"steps": 10**6, "grid_every": 10**6, "log_every": 1})
    project.commit()
    file = project.path / "live/vae-0.csv"
    with subprocess.Popen(
        command.split(),
        cwd=project.path,
        env=environment(),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            until(file.exists, running)
            assert (early := file.read_text()).startswith("step,group,loss,grad_norm\n")
            until(lambda: file.read_text() != early, running)
            for plots in (("show",), ("diff", "HEAD")):
                assert "live/vae-0.csv" in drawn(project, *plots)
            changed = project.run("git", "status", "--porcelain").splitlines()
            assert not [line for line in changed if "live" in line]
        finally:
            os.killpg(running.pid, signal.SIGKILL)
    project.set(train={"steps": 4, "grid_every": 4, "log_every": 3})
    project.run("genbench", "repro")
    assert not file.exists()
    assert project.repro() == set()


@pytest.mark.pipeline
def test_how_often_curves_are_written_reruns_nothing(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "copy")
    project.set(train={"log_every": 3})
    assert project.repro() == {"fingerprint"}

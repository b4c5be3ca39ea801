"""Cells side by side: the same bytes as one after another, nothing left for DVC to do, and failures that stay alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo, lock_repo
from dvc.utils.serialize import dumps_yaml

from genbench.dag import lock
from genbench.dag.fanout import parent_death
from genbench.dag.fanout.plan import cell_of
from genbench.dag.fanout.run import _check_out
from genbench.files.atomic import read_json, write_text
from genbench.files.yaml import overridden
from tests.support.clone import Clone, environment
from tests.support.fanout_project import project


@contextmanager
def begun(made: Clone, *words: str, work: Path) -> Iterator[None]:
    """A command at work in a project of tests/support/fanout_project.py; it must succeed."""
    process = subprocess.Popen(words, cwd=made.path, env=environment() | {"WORK": str(work)}, stdout=subprocess.DEVNULL)
    try:
        yield
        assert process.wait(120) == 0
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("train@nsgan-0", "nsgan-0"),
        ("features@wgan_gp-12-efficientnet_lite0", "wgan_gp-12"),
        ("extractor@classifier", "classifier"),
        ("report", ""),
    ],
)
def test_a_stage_belongs_to_the_cell_in_its_name(name: str, cell: str) -> None:
    assert cell_of(name) == cell


def test_entries_are_written_as_dvc_writes_them(tmp_path: Path) -> None:
    outs = [{"path": "data/x", "hash": "md5", "md5": "0a" * 16, "size": 3}]
    entries: lock.Entries = {
        f"train@x-{seed}": {"cmd": f"python -m stages.train x {seed}", "outs": outs} for seed in (0, 1)
    }
    entries["train@x-0"]["params"] = {"params.yaml": {"size": None}}
    overridden("size: 8", {"size": None})  # which writes null in full, where DVC leaves it out
    assert lock.update(tmp_path, entries)
    assert lock.read(tmp_path) == entries
    written = (tmp_path / "dvc.lock").read_text(encoding="utf-8")
    assert written == dumps_yaml({"schema": "2.0", "stages": entries})
    assert "size:\n" in written
    assert lock.read(tmp_path / "nowhere") == {}


def test_no_value_and_no_order_of_an_entry_changes_on_its_way_from_a_worker(tmp_path: Path) -> None:
    """Values that YAML, JSON and DVC write in ways of their own, and keys in other orders than the alphabet's."""
    text = {
        "long": "x" * 200,
        "words": "word " * 40,
        "letters": "größe → 😀",
        "lines": "a\nb\n",
        "tab": "\t",
        "empty": "",
    }
    looks = {"yes": "yes", "on": "on", "number": "0123", "time": "1:30", "null": "null", "tilde": "~", "merge": "<<"}
    numbers = {"small": 1e-5, "large": 1e20, "one": 1.0, "infinite": float("inf"), "whole": 10**20}
    values: dict[str, Any] = {
        "z": None,
        **text,
        **looks,
        **numbers,
        "b": True,
        "list": [],
        "map": {},
        "nested": {"z": [1, {"y": 2, "x": 3}]},
    }
    out = {"path": "data/x", "hash": "md5", "md5": "0a" * 16, "size": 3, "nfiles": 2, "isexec": True}
    entries: lock.Entries = {
        "train@x-0": {"cmd": ["echo b", 'python -c "print(1)"  # ü'], "params": {"z.yaml": values, "a.yaml": {"c": 1}}},
        "sample@x-0": {"cmd": "x\ny\n", "deps": [dict(out), dict(out)], "outs": [out]},
    }
    written = dumps_yaml({"schema": "2.0", "stages": entries})
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker/dvc.lock").write_text(written, encoding="utf-8")
    write_text(tmp_path / "result.json", json.dumps(lock.read(tmp_path / "worker")))  # as job_process does
    assert lock.update(tmp_path, read_json(tmp_path / "result.json"))
    assert (tmp_path / "dvc.lock").read_text(encoding="utf-8") == written
    assert lock.update(tmp_path, {"report": {"cmd": "z"}})
    assert (tmp_path / "dvc.lock").read_text(encoding="utf-8") == f"{written}  report:\n    cmd: z\n"


def test_known_stages_keep_their_places_and_other_sections_stay(tmp_path: Path) -> None:
    path = tmp_path / "dvc.lock"
    old = {name: {"cmd": name} for name in ("report", "b")}
    before = {"schema": "2.0", "datasets": [{"name": "x", "type": "dvc"}], "stages": old, "more": 1}
    path.write_text(dumps_yaml(before), encoding="utf-8")
    assert not lock.update(tmp_path, {"b": {"cmd": "b"}}), "as it was"
    assert lock.update(tmp_path, {"b": {"cmd": "new"}, "d": {"cmd": "d"}})
    assert lock.update(tmp_path, {"c": {"cmd": "c"}}, last=["c", "never", "d"])
    stages = {"report": {"cmd": "report"}, "b": {"cmd": "new"}, "c": {"cmd": "c"}, "d": {"cmd": "d"}}
    assert path.read_text(encoding="utf-8") == dumps_yaml(before | {"stages": stages})
    assert lock.only(tmp_path, ["b"]) == dumps_yaml(before | {"stages": {"b": {"cmd": "new"}}})


CHILD = """
import subprocess, sys, time
from genbench.dag.fanout import parent_death
parent_death.end_with_parent()
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_process_ends_with_its_parent(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = parent_death.start([sys.executable, "-c", CHILD], tmp_path, environment(), log)
    while not (output := (tmp_path / "log").read_text(encoding="utf-8")):
        time.sleep(0.05)
    assert process.stdin is not None
    process.stdin.close()  # as when its parent dies
    process.wait(timeout=20)
    for _ in range(100):
        state = subprocess.run(["ps", "-o", "stat=", "-p", output.strip()], capture_output=True, text=True, check=False)
        if state.stdout.strip() in ("", "Z"):
            return
        time.sleep(0.1)
    raise AssertionError("the process that it started goes on")


def test_what_an_old_lock_does_not_know_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Repo.init(no_scm=True).close()
    Path("dvc.yaml").write_text(
        "stages:\n  train: {cmd: 'echo 1 > same', outs: [same]}\n  sample: {cmd: 'echo 2 > new', outs: [new]}\n",
        encoding="utf-8",
    )
    with Repo() as repo:
        repo.reproduce()
    entries = lock.read(Path())
    entries["sample"]["outs"][0]["path"] = "old"
    assert lock.update(Path(), entries)
    Path("same").unlink()
    Path("new").unlink()
    Path("new").write_text("made by hand", encoding="utf-8")
    with Repo() as repo, lock_repo(repo):
        _check_out(repo, ["train", "sample"])
    assert Path("same").read_text(encoding="utf-8") == "1\n"
    assert Path("new").read_text(encoding="utf-8") == "made by hand"


@pytest.mark.soak
@pytest.mark.pipeline
def test_the_lock_is_line_for_line_what_dvc_repro_writes(tmp_path: Path) -> None:
    runs = ["noise", "held_out", "memoriser"]
    serial, side = (project(tmp_path / name / "p", runs=runs, seeds=[0, 1]) for name in ("serial", "side"))
    for made in (serial, side):
        made.run("dvc", "ds", "add", "--dvc", "../../serial/p", "--path", "work.py", "other")
    serial.repro()
    (side.path / "work").mkdir()
    (side.path / "work/train@noise-0.wait").touch()  # the first cell ends last
    with begun(side, "genbench", "fanout", "-j", "2", work=side.path / "work"):
        while not list((side.path / "work").glob("evaluate@memoriser-1.begun")):
            time.sleep(0.1)
        (side.path / "work/train@noise-0.wait").unlink()
    assert side.files("dvc.lock") == serial.files("dvc.lock")
    assert b"datasets:" in side.files("dvc.lock")["dvc.lock"]
    shutil.rmtree(side.path / "work")
    side.commit()
    side.run("dvc", "commit", "--force", "dvc.yaml")
    assert side.repro() == set()
    side.run("genbench", "fanout", "-j", "2")
    assert side.run("git", "status", "--short") == ""
    # what is known keeps its place, and what is new comes last, in the order of `dvc repro`
    for made in (serial, side):
        made.set(enabled=["wgan", *runs], train={"steps": 7})
    serial.repro()
    side.run("genbench", "fanout", "-j", "2")
    assert side.files("dvc.lock") == serial.files("dvc.lock")


@pytest.mark.pipeline
def test_a_frozen_stage_stays_as_it_is_and_what_follows_from_it_is_made(tmp_path: Path) -> None:
    """In a folder whose name needs quotes in a shell and in DVC's settings, without a home."""
    made = project(tmp_path / "a folder, #1", runs=["noise", "held_out"], seeds=[0])
    (made.path / "extra").write_text("1", encoding="utf-8")
    made.run("dvc", "add", "extra")  # a stage without a name
    made.repro()
    before = made.files("data/weights/*/*")
    text = (made.path / "dvc.yaml").read_text(encoding="utf-8")
    text = text.replace("  train:\n", "  train:\n    frozen: true\n")
    text = text.replace("    params: [data]\n", "    deps: [extra]\n    params: [data]\n")
    text = text.replace("-S work.py evaluate", "-S -B work.py evaluate")
    (made.path / "dvc.yaml").write_text(text, encoding="utf-8")
    made.set(train={"steps": 7})
    made.run("env", f"HOME={tmp_path}/work.py/none", "genbench", "fanout", "-j", "2")
    assert made.files("data/weights/*/*") == before
    assert "-B" in lock.read(made.path)["evaluate@noise-0"]["cmd"]
    assert made.repro() == set()


@pytest.mark.pipeline
def test_cells_side_by_side_are_the_same_bytes_and_leave_nothing_to_do(base: Clone, tmp_path: Path) -> None:
    fresh = base.fresh(tmp_path / "fresh")
    (fresh.path / "data/source").mkdir(parents=True, exist_ok=True)
    fresh.run("genbench", "fanout", "-j", "2")
    for pattern in ("data/digits/metrics/**/*", "data/digits/weights/**/*.safetensors", "reports/leaderboard.json"):
        assert fresh.files(pattern) == base.files(pattern), pattern
    assert fresh.repro() == set()
    assert not fresh.files(".genbench/fanout/*/**/*"), "clones are gone"
    assert fresh.run("genbench", "fanout", "-j", "2").startswith("results: "), "there is nothing to do"


@pytest.mark.pipeline
def test_a_cell_that_fails_stops_no_other(tmp_path: Path) -> None:
    made = project(tmp_path / "p", runs=["noise", "held_out"], seeds=[0, 1])
    (made.path / "failing").write_text("train@noise-0", encoding="utf-8")
    failed = made.attempt("genbench", "fanout", "-j", "2")
    assert failed.returncode == 1
    assert "failed: train@noise-0: error: train@noise-0: expected to succeed" in failed.stderr
    assert "failed: evaluate@noise-0: needs train@noise-0" in failed.stderr
    assert "Traceback" not in failed.stderr
    metrics = made.files("data/metrics/**/*.json")
    assert sorted(metrics) == [f"data/metrics/{cell}.json" for cell in ("held_out/0", "held_out/1", "noise/1")]
    (made.path / "failing").unlink()
    made.set(enabled=["held_out"])
    made.run("genbench", "fanout", "-j", "2")
    assert made.repro() == set()

"""Every bad input of the corpus is refused in one line, in little memory, and touches nothing that was there.

A hole that is known and not yet mended is an expected failure with its reason; once it is mended, the test says so.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

import genbench.engine.loop  # noqa: F401  heavy imports are no memory of a refusal
from genbench import cli
from genbench.pipeline.stage import run
from tests.support.bad_inputs import Bad, corpus, made
from tests.support.clone import ROOT, environment

CORPUS = corpus()
MEMORY = 1 << 27  # bytes that a refusal may take: the head of a picture's archive may have a name of 2²⁸ at most

#: Refused by the command as a user starts it, too.
AS_PROCESSES = (
    "params-bomb_of_brackets",
    "arrays-python_objects",
    "archives-tar_bomb",
    "weights-header_of_an_absurd_length",
    "names-folder_for_an_output",
)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that nobody changes."""
    return made(tmp_path_factory.mktemp("template"))


@pytest.fixture
def project(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in which commands run."""
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return folder


def start(words: tuple[str, ...]) -> None:
    """Call what `genbench` and the stages start with."""
    if words[0] != "stage":
        cli.main(words)
        return
    sys.argv = [words[1], *words[2:]]
    run(importlib.import_module(f"stages.{words[1]}").main)


@pytest.mark.parametrize("bad", CORPUS, ids=lambda bad: bad.name)
def test_a_bad_input_is_one_line(
    bad: Bad, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad.make(project)
    monkeypatch.setattr(sys, "argv", sys.argv)
    before = fingerprint(project)
    tracemalloc.start()
    try:
        with pytest.raises(SystemExit) as stop:
            start(bad.words)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    require_one_line(stop.value.code, bad)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert most < MEMORY
    assert fingerprint(project) == before, "earlier results are as they were, and no scraps beside them"


@pytest.mark.parametrize("name", AS_PROCESSES)
def test_the_real_command_ends_with_one_line_and_status_1(name: str, project: Path) -> None:
    bad = next(bad for bad in CORPUS if bad.name == name)
    bad.make(project)
    before = fingerprint(project)
    words = ["genbench", *bad.words]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    require_one_line(done.stderr.removesuffix("\n").rpartition("\n")[2], bad)  # above it, a progress bar at most
    assert fingerprint(project) == before


def test_the_corpus_has_every_kind_and_no_name_twice() -> None:
    assert len(CORPUS) >= 100
    assert max(Counter(bad.name for bad in CORPUS).values()) == 1
    groups = {bad.name.partition("-")[0] for bad in CORPUS}
    assert groups == {path.stem for path in (ROOT / "tests/support/bad_inputs").glob("*.py")} - {"__init__", "content"}


def require_one_line(line: object, bad: Bad) -> None:
    assert isinstance(line, str), "a text is printed, and the exit status is 1"
    assert line.startswith("error: ")
    assert line.isprintable(), "one line, and nothing that steers a terminal"
    assert bad.message in line
    assert len(line) < 20_000, "the longest names every tensor that Inception lacks"


def fingerprint(folder: Path) -> str:
    """Hash all that is in a folder: names, kinds, where links lead, contents."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=os.fsencode):
        line = f"{os.fsencode(path)!r} {path.lstat().st_mode} {path.lstat().st_mtime_ns}"
        if path.is_symlink():
            line += os.fspath(path.readlink())
        elif path.is_file():
            line += hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(line.encode())
    return whole.hexdigest()

"""Outputs of any encoding, files before texts, and threads that wait without spinning."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import waiting
from genbench import cli
from genbench.text import ASCII
from tests.support.clone import ROOT

WORDS = ["evaluate", "--real", "a.npy", "--fake", "a.npy", "--extractor", "pixels", "--no-cache", "--json", "out.json"]


@pytest.fixture(autouse=True)
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    np.save("a.npy", np.random.default_rng(0).integers(0, 256, (20, 4, 4, 3), dtype=np.uint8))


def printed(words: list[str], encoding: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give what a command prints where its output has an encoding."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    monkeypatch.setattr(sys, "stdout", out)
    cli.main(words)
    out.flush()
    raw = out.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "heading", "error"),
    [
        ("utf-8", "FID (pixels) ↓", "±"),
        ("utf-16", "FID (pixels) ↓", "±"),
        ("cp1252", "FID (pixels) v", "±"),
        ("latin-1", "FID (pixels) v", "±"),
        ("ascii", "FID (pixels) v", "+-"),
        ("shift_jis", "FID (pixels) ↓", "±"),
        ("koi8_r", "FID (pixels) v", "+-"),
    ],
)
def test_a_table_is_printed_in_any_encoding(
    encoding: str, heading: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(WORDS, encoding, monkeypatch)
    assert heading in text
    assert f" {error} " in text
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["metrics"]["precision"] == 1


def test_a_name_beyond_the_encoding_is_printed_with_marks_for_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.npy").rename("größe_数.npy")
    words = ["größe_数.npy" if word == "a.npy" else word for word in WORDS]
    assert "20 images of gr??e_?.npy against" in printed(words, "ascii", monkeypatch)
    document = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert document["protocol"]["sides"]["real"]["location"] == "größe_数.npy"


def test_the_leaderboard_is_printed_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = printed(["table"], "ascii", monkeypatch)
    assert "?" not in text, f"a sign of the table that {sorted(ASCII)} lacks"


@pytest.mark.parametrize("command", ["evaluate", "features"])
def test_results_are_written_before_they_are_shown(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An output that takes nothing."""
    words = WORDS if command == "evaluate" else ["features", "a.npy", "--out", "out.npz", "--extractor", "pixels"]
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    with pytest.raises(ValueError, match="closed file"):
        cli.main(words)
    assert Path("out.json" if command == "evaluate" else "out.npz").is_file()


COMMAND = f"{sys.executable} -c 'from genbench.cli import main; main()'"


@pytest.mark.parametrize(
    ("output", "status", "message"),
    [
        (">&-", 0, ""),
        ("2>&-", 0, ""),
        ("| head -c 1 >/dev/null; exit ${PIPESTATUS[0]}", 0, ""),
        (">/dev/full", 1, "error: the output cannot be written: No space left on device\n"),
    ],
)
def test_an_output_that_takes_nothing_costs_no_result_and_no_traceback(output: str, status: int, message: str) -> None:
    words = ["bash", "-c", f"{COMMAND} {' '.join(WORDS)} {output}"]
    done = subprocess.run(words, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == status
    assert done.stderr.rpartition("image/s]\n")[2] == message
    assert Path("out.json").is_file()


def child(code: str, **settings: str) -> str:
    """Run code in a process of its own, whose environment has these settings and none of the kind besides."""
    ours = ("OMP_", "GOMP_", "LC_", "LANG", "PYTHON")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=inherited | settings | {"PYTHONPATH": str(ROOT)}, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("ascii")


def test_a_terminal_of_the_language_c() -> None:
    """Without Python's own ways out, which are off here, its text is ASCII."""
    code = f"import os; os.chdir({str(ROOT)!r}); from genbench.cli import main; main(['table'])"
    assert "+-" in child(code, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")


@pytest.mark.parametrize("given", ["", "ACTIVE"])
def test_threads_wait_passively_unless_the_user_says_otherwise(given: str) -> None:
    """The policy is set before the library that reads it is loaded."""
    code = (
        "import os, sys; from genbench import cli; from genbench.commands import check\n"
        "check.run = lambda arguments: print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)\n"
        "cli.main(['check'])"
    )
    settings = {"OMP_WAIT_POLICY": given} if given else {}
    assert child(code, **settings).split() == [given or "PASSIVE", "False"]


def test_the_benchmark_of_waiting_says_what_it_measured() -> None:
    records = [
        {"busy": busy, "way": way, "seconds": 1.25, "processor_seconds": 2.0, "rounds": 3}
        for busy in (0, 2)
        for way in waiting.WAYS
    ]
    machine = {"processor": "P", "load": 0.0, "python": "3.11", "versions": {"torch": "2"}}
    text = waiting.markdown({"machine": machine, "pictures": 250, "extractor": "pixels", "records": records})
    assert "`genbench features` of 250 JPEG pictures of 480 × 360 with pixels" in text
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert lines[2:] == [[str(r["busy"]), r["way"], "1.2", "2.0"] for r in records]


def test_busy_processes_end_with_their_block() -> None:
    with pytest.raises(RuntimeError), waiting.beside(2) as processes:
        assert [process.poll() for process in processes] == [None, None]
        raise RuntimeError
    assert None not in [process.poll() for process in processes]

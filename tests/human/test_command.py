"""`genbench human`: a real server in a process of its own, and the commands beside it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from genbench import cli
from genbench.human import answers as table
from genbench.human.store import Store
from tests.human.support import Browser, length, project
from tests.support.clone import ROOT
from tests.support.refusal import refusal


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def serving(port: int, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `genbench human serve`, and yield the process and the address that it printed, once it answers."""
    code = "from genbench.cli import main; main()"
    command = [sys.executable, "-c", code, "human", "serve", "--port", str(port), *words]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables) as process:
        try:
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found
            yield process, found[0]
        finally:
            process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def reached(browser: Browser, path: str = "/state") -> tuple[int, object]:
    """Ask until the server answers: it says its address shortly before it listens."""
    for _ in range(200):
        try:
            return browser.ask(path)
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError("the server does not answer")


def test_a_killed_server_loses_no_answer_and_goes_on(folder: Path) -> None:
    port = free_port()
    with serving(port) as (process, url):
        browser = Browser(url.rstrip("/"))
        reached(browser)
        place = browser.join()
        for _ in range(4):
            place = browser.answer(place["trial"])[1]
        process.send_signal(signal.SIGKILL)
        process.wait()
    with serving(port) as (process, _):
        assert reached(browser) == (200, {key: value for key, value in place.items() if key != "right"})
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_for_other_machines_there_is_a_token_that_stays(folder: Path) -> None:
    for _ in range(2):
        port = free_port()
        with serving(port, "--host", "0.0.0.0") as (_, url):
            browser, (address, _, token) = Browser(f"http://127.0.0.1:{port}"), url.partition("/?token=")
            assert address == f"http://0.0.0.0:{port}" and len(token) >= 20
            assert reached(browser)[0] == 403
            assert browser.ask(f"/?token={token}")[0] == 200 and browser.ask("/state")[0] == 200
    with Store(folder / "human/digits.sqlite") as store:
        assert store.token() == token


def test_from_simulated_people_to_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = ("--database", "simulated.sqlite")
    cli.main(["human", "simulate", "--participants", "4", "--errors", "0.4", *database])
    said = capsys.readouterr().out
    assert "attentive: 4 of 4" in said and re.search(r"^vae: errors \d\d\.\d % \[.*\] \(n = 2\)$", said, re.MULTILINE)
    cli.main(["human", "status", *database])
    assert "participants: 4\ninfinity vae: 2 of 2 sessions finished, 216 answers\n" in capsys.readouterr().out
    cli.main(["human", "export", *database])
    assert capsys.readouterr().out == "human/digits.csv: 432 answers of 4 participants\n"
    assert len(table.read(Path("human/digits.csv"))) == 4 * length("infinity")


def test_a_deleted_participant_leaves_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = ("--database", "simulated.sqlite")
    cli.main(["human", "simulate", "--participants", "2", "--observer", "clicker", *database])
    with Store(folder / "simulated.sqlite") as store:
        code = store._connection.execute("SELECT code FROM participants").fetchone()[0]
    cli.main(["human", "delete", code, *database])
    cli.main(["human", "export", *database])
    assert capsys.readouterr().out.endswith("108 answers of 1 participant\n")
    assert "expected the code of a participant" in refusal("human", "delete", code, *database)


def test_what_a_user_gets_wrong(folder: Path) -> None:
    assert "there is none" in refusal("human", "status")
    assert "there is none" in refusal("human", "export", "--database", "none.sqlite")
    Path("old.sqlite").touch()
    assert "expected a new file" in refusal("human", "simulate", "--database", "old.sqlite")
    new = ("human", "simulate", "--database", "new.sqlite")
    assert "--errors: expected a share" in refusal(*new, "--errors", "2")
    assert "--participants: expected at least 1" in refusal(*new, "--participants", "0")
    (folder / "data/digits/samples/vae/0/final/pixels.npy").unlink()
    assert "samples/vae/0/final/pixels.npy" in refusal("human", "serve")

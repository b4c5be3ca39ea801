"""The origin that a page names: version, commit, date and licence, and the files beside it."""

from __future__ import annotations

import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from genbench.report.identity import Identity, identity
from tests.support.report_tree import write_tree


def git(*words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    done = subprocess.run(["git", *who, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_it_is_the_commit_and_says_where_the_code_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    assert identity() == Identity(), "no commit yet"
    (tmp_path / "genbench").mkdir()
    (tmp_path / "genbench/a.py").write_text("a = 1\n")
    (tmp_path / "params.yaml").write_text("profile: digits\n")
    git("add", ".")
    git("commit", "--quiet", "--message", "first", "--date", "2001-01-01")
    made = Identity(git("rev-parse", "--short", "HEAD"), git("log", "-1", "--format=%cs"))
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", made.day)
    (tmp_path / "params.yaml").write_text("profile: known\n")  # which the published copy has beside it
    assert identity() == made
    (tmp_path / "genbench/b.py").write_text("")
    assert identity() == Identity(made.commit, made.day, changed=True)


def test_a_folder_without_git_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert identity() == Identity()


def test_the_page_names_its_origin_and_the_files_beside_it(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, points=3)
    tree.report(made=Identity("abc1234", "2026-11-30", changed=True))
    text = (tree.reports / "index.html").read_text()
    assert "<title>genbench · digits: leaderboard of generative models</title>" in text
    version = metadata.version("genbench")
    assert f"Version {version}, commit abc1234 of <time>2026-11-30</time> with later changes." in text
    assert f"genbench {version} made this page. Its licence is Apache-2.0." in text
    links = re.findall(r'<a href="(leaderboard[^"]*)">', text)
    assert links == ["leaderboard.csv", "leaderboard.json", "leaderboard.bib", "leaderboard.tex"]
    assert all((tree.reports / link).is_file() for link in links)
    tree.report()
    assert f"Version {version}. Files beside" in (tree.reports / "index.html").read_text()

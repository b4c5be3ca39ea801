"""The Dockerfile, as far as it can be checked without Docker: what it copies, what it runs, and its versions."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from genbench.files.section import read
from tests.support.clone import ROOT

#: What a machine needs before `make`, and the folder of a user that is not root.
SYSTEM = ("apt-get", "rm", "useradd", "install")


def instructions() -> list[tuple[str, str]]:
    """Each instruction with the rest of its line; lines that go on are joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, rest in lines]


def of(wanted: str) -> list[str]:
    return [rest for word, rest in instructions() if word == wanted]


def makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


def is_known(command: str) -> bool:
    """Return whether a command prepares the machine, is a target of the Makefile, or stands in it."""
    program, *words = command.split()
    if program == "make":
        return all(re.search(rf"^{re.escape(word)}:", makefile(), re.MULTILINE) for word in words)
    return program in SYSTEM or f"\t{command}\n" in makefile().replace("$(PYTHON)", "python3")


def test_every_command_is_known() -> None:
    commands = [command.strip() for line in of("RUN") for command in line.split("&&")]
    commands += [" ".join(json.loads(line)) for line in of("CMD")]
    assert "make install" in commands and "make bench" in commands
    assert [command for command in commands if not is_known(command)] == []


@pytest.mark.parametrize("command", ["make benhc", "pip install torch", "curl x"])
def test_a_command_of_nobody_is_seen(command: str) -> None:
    assert not is_known(command)


def test_every_source_is_there() -> None:
    sources = [word for line in of("COPY") for word in line.split()[:-1] if not word.startswith("--")]
    assert sources and all((ROOT / source).exists() for source in sources)


def test_python_is_that_of_the_published_numbers() -> None:
    (image,) = of("FROM")
    version = re.fullmatch(r"python:(\d+\.\d+)-slim", image)
    assert version and version[1] == read(ROOT / "environment.yaml")["computes"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version[1] in SpecifierSet(project["requires-python"])


def test_nothing_that_is_copied_or_run_belongs_to_root() -> None:
    words = [word for word, _ in instructions()]
    (user,) = of("USER")
    assert user != "root" and words.index("USER") < words.index("COPY")
    assert all(f"--chown={user}" in line for line in of("COPY"))


def patterns() -> Iterator[tuple[bool, re.Pattern[str]]]:
    """Yield (ignored, pattern) of .dockerignore, in order: ** is any folders, * is all but a slash."""
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            text = re.escape(line.lstrip("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            yield not line.startswith("!"), re.compile(rf"{text}(?:/.*)?")


def ignored(path: str) -> bool:
    found = False
    for ignoring, pattern in patterns():
        found = ignoring if pattern.fullmatch(path) else found
    return found


def test_the_image_has_what_git_has() -> None:
    words = ["git", "ls-files", "-z", "--cached"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    assert [name for name in listed if name and ignored(name)] == []
    assert not ignored(".git/HEAD"), "DVC and reports ask git"
    assert ignored(".venv/bin/python"), "libraries of another machine"


@pytest.mark.parametrize(
    "name",
    [".dvc/cache/files/x", "laboratory/.dvc/tmp/x", "data/digits/images.npy", "data/source/a.png"]
    + ["genbench/__pycache__/x.pyc", "build/site/index.html", "human/digits.sqlite-wal", "code/catalogue.json"],
)
def test_the_image_has_nothing_that_git_ignores(name: str) -> None:
    ignoring = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", name], cwd=ROOT, check=False)
    assert ignoring.returncode == 0 and ignored(name)


def test_the_documents_show_commands_of_this_image() -> None:
    text = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    shown = [line for line in re.findall(r"^\$ (docker .*?)(?:\s{2,}#.*)?$", text, re.MULTILINE)]
    assert len(shown) >= 3
    for line in shown:
        program, command, *_ = line.split()
        assert program == "docker" and command in ("build", "run", "cp")
    assert Path(text.partition("docker cp bench:")[2].split()[0]).parts[1:2] == (of("WORKDIR")[0].strip("/"),)

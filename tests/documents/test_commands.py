"""Every command that a document prints is run by a test of this folder, or stands in NOT_RUN with the reason.

What a console block of docs/use.md prints is run by test_use.py, and so on; what stands within a sentence, by any test
here. Tests have the commands as they are printed, so that another wording in a document fails here first.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pytest

from genbench.cli import parser
from tests.support.clone import ROOT
from tests.support.printed import DOCUMENTS, mentioned, printed

COMMANDS = {path.stem for path in (ROOT / "genbench/commands").glob("[a-z]*.py")}
#: By reason. A command that begins with one of these is not run either.
NOT_RUN = {
    "the fixtures stand for it: a copy of the working tree, and the environment that runs the tests": (
        "git clone <this repository> genbench",
        "cd genbench",
        "make install",
        "python3 -m venv .venv && . .venv/bin/activate",
        ". .venv/bin/activate",
    ),
    "it takes packages from a registry": (
        "pip install -e '.[ray]'",
        "pip install ray",
        "pip install timm",
        "pip install torch torchvision",
    ),
    "it downloads CIFAR-10 and the weights of Inception": ("dvc repro reference@inception",),
    "it needs several hosts, or ends the Ray of whoever runs the tests; they start one of their own": (
        "ray start",
        "RAY_USAGE_STATS_ENABLED=0 ray start",
        "ray stop",
        "ray stop; one$ ray stop",
        "ray symmetric-run",
    ),
    "it needs a daemon of docker": ("docker build", "docker run", "docker cp"),
    "it asks a question at a terminal": ("dvc gc --workspace --all-branches",),
    "it is the tests and checks themselves": (
        "make test",
        "make soak",
        "make lint",
        "GENBENCH_AUDIT=required make lint",
        "pytest -s -m soak",
        "pytest tests/dag/test_dvc_contract.py tests/dag/test_plan.py",
    ),
    "it takes many minutes or hours": (
        "make lab",
        "python -m benchmarks.human",
        "python -m benchmarks.metrics",
        "python -m benchmarks.pipeline",
        "python -m benchmarks.streaming",
        "python -m benchmarks.training",
        "python -m benchmarks.waiting",
        "python -m genbench.data.teachers._fit",
    ),
}
EXCUSED = [command for commands in NOT_RUN.values() for command in commands]


def texts(module: Path) -> list[str]:
    """Return the lines of all strings in a test module."""
    nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    strings = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [line for string in strings for line in string.splitlines()]


#: What tests of this folder type, by module.
TYPED = {path.stem: texts(path) for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)}


def begins(command: str, texts: Iterable[str]) -> bool:
    """Whether a text is the command, or the command and more."""
    return any(f"{text} ".startswith(f"{command} ") for text in texts)


def excused(command: str) -> bool:
    """Whether a command stands in NOT_RUN, or begins with one that does."""
    return any(begins(each, [command]) for each in EXCUSED)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_command_is_run_or_says_why_not(document: Path) -> None:
    own, all_of_them = TYPED.get(f"test_{document.stem.lower()}", []), list(chain(*TYPED.values()))
    assert [each for each in printed(document) if each not in own and not excused(each)] == []
    assert [each for each in mentioned(document) if not begins(each, all_of_them) and not excused(each)] == []


def test_what_is_not_run_is_printed_somewhere() -> None:
    everything = [command for document in DOCUMENTS for command in (*printed(document), *mentioned(document))]
    assert [each for each in EXCUSED if not begins(each, everything)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_commands_of_genbench_and_make_are_ones_that_there_are(document: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    text = document.read_text(encoding="utf-8")
    inline = re.findall(r"`((?:genbench|make) [a-z][^`\n]*)`", text)
    for command in [*printed(document), *inline]:
        for part in re.split(r"; |&& ", command):
            words = shlex.split(part.replace("…", "").replace("...", ""))
            if words[0] == "make":
                assert [word for word in words[1:] if "=" not in word and word not in targets] == [], command
            elif words[0].endswith("genbench") and command not in inline:
                parser().parse_args(words[1:])
            elif words[0] == "genbench":
                assert words[1] in COMMANDS, command

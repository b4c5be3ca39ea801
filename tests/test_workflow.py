"""The workflow for GitHub: actions pinned to commits, no secrets, and commands that there are."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from clone import ROOT
from ruamel.yaml import YAML

from genbench.cli import parser

FILE = ROOT / ".github" / "workflows" / "benchmark.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    return YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_actions_are_pinned_to_commits(workflow: dict[str, Any]) -> None:
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", one) for one in used)


def test_it_asks_for_no_secret_and_runs_no_stranger_with_rights(workflow: dict[str, Any]) -> None:
    assert "secrets." not in FILE.read_text(encoding="utf-8")
    assert "pull_request_target" not in workflow["on"]
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 30 for job in workflow["jobs"].values())


def test_what_a_pull_request_says_never_becomes_part_of_a_script(workflow: dict[str, Any]) -> None:
    assert not [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")]


def test_its_commands_are_ones_that_there_are(workflow: dict[str, Any]) -> None:
    commands = re.findall(r"\.venv/bin/genbench (.+?)(?: >|$)", "\n".join(
        step.get("run", "").replace("\\\n", " ") for step in steps(workflow)
    ), re.MULTILINE)  # fmt: skip
    assert len(commands) == 2
    for words in commands:
        plain = re.sub(r'"\$\(.*?\)"', "BASE", words)
        parser().parse_args(shlex.split(plain))

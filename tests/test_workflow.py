"""The workflow for GitHub: pinned actions, no secrets, commands that there are, and what guards the leaderboard."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from genbench.cli import parser
from genbench.pipeline.environment import load
from tests.support.clone import ROOT, environment

BOARD = ROOT / "reports" / "leaderboard.json"
FILE = ROOT / ".github" / "workflows" / "benchmark.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    return YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_actions_are_pinned_to_commits(workflow: dict[str, Any]) -> None:
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) for action in used)


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
    assert len(commands) == 3
    for words in commands:
        plain = re.sub(r'"\$\(.*?\)"', "BASE", words.partition(" | ")[0])
        parser().parse_args(shlex.split(plain))


def test_lint_and_unit_tests_run_and_what_fails_them_is_not_published(workflow: dict[str, Any]) -> None:
    check = workflow["jobs"]["check"]
    assert "if" not in check
    assert [step["run"] for step in check["steps"] if "run" in step] == ["make lint test-units"]
    assert set(workflow["jobs"]["publish"]["needs"]) == {"check", "site"}


def test_every_row_is_verified_in_turn(workflow: dict[str, Any], tmp_path: Path) -> None:
    """The script itself, with a genbench that says what it was asked for."""
    job = workflow["jobs"]["verify"]
    (script,) = [step for step in job["steps"] if "genbench" in step.get("run", "")]
    assert "if" not in job
    assert script["shell"] == "bash", "which is with pipefail, so that a failure is one"
    (tmp_path / ".venv/bin").mkdir(parents=True)
    genbench = tmp_path / ".venv/bin/genbench"
    genbench.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    genbench.chmod(0o755)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "reports").mkdir()
    shutil.copy2(BOARD, tmp_path / "reports")
    rows = [row["run"] for row in json.loads(BOARD.read_text(encoding="utf-8"))["rows"]]
    asked = []
    for number in range(7, 7 + len(rows)):
        variables = environment() | {"GITHUB_RUN_NUMBER": str(number), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
        words = ["bash", "-eo", "pipefail", "-c", script["run"]]
        done = subprocess.run(words, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True)
        asked.append(done.stdout)
    assert sorted(asked) == sorted(f"verify {run}\n" for run in rows)


def test_a_deployment_is_never_cancelled(workflow: dict[str, Any]) -> None:
    assert workflow["concurrency"]["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
    deploying = [job for job in workflow["jobs"].values() if "deploy-pages" in str(job["steps"])]
    assert [job["concurrency"] for job in deploying] == [{"group": "pages", "cancel-in-progress": False}]
    assert all(job["if"] == "github.event_name == 'push'" for job in deploying)


def test_its_python_is_that_of_the_published_numbers(workflow: dict[str, Any]) -> None:
    pythons = {step["with"]["python-version"] for step in steps(workflow) if "setup-python" in step.get("uses", "")}
    assert pythons == {load(ROOT).computes["python"]}

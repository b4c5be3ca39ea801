"""The transcript of an experiment in docs/use.md names the stages that DVC runs, in its order."""

from __future__ import annotations

import re

import pytest
from dvc.repo import Repo

from genbench.dag.reproduce import order
from tests.support.clone import ROOT


def test_the_stages_of_an_experiment_are_those_that_a_change_of_its_run_reaches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs/use.md").read_text(encoding="utf-8")
    found = re.search(r"^\$ dvc exp run -S runs/(\w+)\.yaml:\S+ -n \w+\n(.*?)\n\n", text, re.DOTALL | re.MULTILINE)
    assert found
    run, printed = found.groups()
    with Repo() as repo:
        reached = [
            name
            for stage in order(repo)
            if (name := stage.addressing) in ("fingerprint", "report") or f"@{run}-" in name
        ]
    shown = [re.sub(r"^Running stage '(.+)':$", r"\1", line) for line in printed.splitlines()]
    first, last = shown[: shown.index("…")], shown[shown.index("…") + 1 :]
    assert first == reached[: len(first)]
    assert last == reached[-len(last) :]

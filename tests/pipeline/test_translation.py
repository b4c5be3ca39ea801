"""The profile translation_quick through the whole DAG, on few images and steps, to its table and page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clone import TINY, clone

pytestmark = pytest.mark.pipeline


def test_a_table_of_translations(tmp_path: Path) -> None:
    project = clone(tmp_path / "project")
    project.run("genbench", "use", "translation_quick")
    project.set(
        enabled=["truth", "identity", "cyclegan"],
        **{name: TINY[name] for name in ("data", "train", "sampling")},
        runs={"cyclegan": {"train": {"steps": 2, "blocks": 1, "width": 4}}},
    )
    project.run("genbench", "check")
    project.commit()
    project.run("dvc", "repro")
    board = project.json("reports/leaderboard.json")
    assert board["pairs"] == {"pairing": "invert", "shape": [1, 8, 8], "paired": True, "attribution": ""}
    rows = {row["run"]: row["scores"]["pixels"] for row in board["rows"]}
    assert rows["truth"]["mae"]["mean"] == 0
    assert rows["identity"]["mae"]["mean"] > 0.3
    assert rows["identity"]["mae"]["draw"] > 0, "the standard error over pairs"
    assert rows["identity"]["cycle_error"]["mean"] is None
    assert 0 < rows["cyclegan"]["cycle_error"]["mean"] <= 1
    page = (project.path / "reports/index.html").read_text(encoding="utf-8")
    assert "Below each other stand the source, the output, the truth and the output translated back" in page
    assert page.count("Worst and best pairs by each metric") == 3

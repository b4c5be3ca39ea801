"""The profile translation_quick through all stages, on few images and steps, to its table and page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from genbench.files.atomic import read_json
from genbench.pipeline import params, profiles
from genbench.pipeline.check import check
from stages import (
    evaluate,
    extractor,
    features,
    fingerprint,
    likelihood,
    prepare,
    reference,
    report,
    representation,
    representation_baselines,
    sample,
    train,
)
from tests.support.clone import ROOT, TINY, change, copy_params

pytestmark = pytest.mark.pipeline

ROWS = ["truth", "identity", "cyclegan"]


def test_a_table_of_translations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_params(tmp_path)
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    monkeypatch.chdir(tmp_path)
    profiles.use("translation_quick")
    small = {name: TINY[name] for name in ("data", "train", "sampling")}
    change(tmp_path, enabled=ROWS, **small, runs={"cyclegan": {"train": {"steps": 2, "blocks": 1, "width": 4}}})
    check(params.load())
    make(ROWS)
    board = read_json(Path("reports/leaderboard.json"))
    assert board["pairs"] == {"pairing": "invert", "shape": [1, 8, 8], "paired": True, "attribution": ""}
    scores = {row["run"]: row["scores"]["pixels"] for row in board["rows"]}
    assert scores["truth"]["mae"]["mean"] == 0
    assert scores["identity"]["mae"]["mean"] > 0.3
    assert scores["identity"]["mae"]["draw"] > 0, "the standard error over pairs"
    assert scores["identity"]["cycle_error"]["mean"] is None
    assert 0 < scores["cyclegan"]["cycle_error"]["mean"] <= 1
    page = Path("reports/index.html").read_text(encoding="utf-8")
    assert "Below each other stand the source, the output, the truth and the output translated back" in page
    assert page.count("Worst and best pairs by each metric") == 3


def make(rows: list[str]) -> None:
    """Run the stages in their order, in this process."""
    extractors = ("classifier", "pixels")
    fingerprint.main()
    prepare.main()
    for name in extractors:
        extractor.main(name)
        reference.main(name)
    for run in rows:
        train.main(run, 0)
        likelihood.main(run, 0)
        representation.main(run, 0, extractors[0])
        sample.main(run, 0)
        for name in extractors:
            features.main(run, 0, name)
            evaluate.main(run, 0, name)
    representation_baselines.main()
    report.main()

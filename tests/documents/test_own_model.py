"""docs/own_model.md: the worked example of a model."""

from __future__ import annotations

import re

import pytest

from tests.support.clone import ROOT
from tests.support.printed import Reader


@pytest.mark.soak
@pytest.mark.pipeline
def test_a_model_of_ones_own(project: Reader) -> None:
    text = (ROOT / "docs/own_model.md").read_text(encoding="utf-8")
    files = dict(re.findall(r'^```\w+ title="(\S+)"\n(.*?)^```', text, re.DOTALL | re.MULTILINE))
    assert list(files) == ["genbench/models/moment_matching.py", "runs/moment_matching.yaml"]
    for name, content in files.items():
        assert not (ROOT / name).exists()
        (project.path / name).write_text(content, encoding="utf-8")
    project.replace("params.yaml", "enabled:\n", "enabled:\n  - moment_matching\n")
    project.types("genbench check")
    passed = re.search(r"(\d+) passed", project.types("pytest tests/test_contracts.py -k moment_matching"))
    assert passed and int(passed[1]) >= 5
    weights = project.files("data/*/weights/vae/**/*")
    assert weights
    project.types("genbench fanout")
    assert project.files("data/*/weights/vae/**/*") == weights, "no other row is touched"
    assert "moment_matching" in project.types("genbench table")
    assert "moment_matching" in project.json("reports/summary.json")

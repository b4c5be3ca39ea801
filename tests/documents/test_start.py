"""docs/start.md: five minutes to start."""

from __future__ import annotations

import re
import sys

import pytest

from tests.support.clone import ROOT
from tests.support.printed import Reader


@pytest.mark.pipeline
def test_five_minutes_to_start(project: Reader) -> None:
    page = (project.path / "reports/index.html").stat().st_mtime_ns
    again = project.types("make quick")
    assert all(re.search(rf"^ *{row}\b", again, re.MULTILINE) for row in ("held_out", "noise", "nsgan", "vae"))
    assert (project.path / "reports/index.html").stat().st_mtime_ns == page, "nothing has changed"
    assert project.types("genbench table") in again

    learn(project, lr="0.003")
    changed = project.types("genbench plan")
    assert "train@vae-0" in changed and "report" in changed
    assert "nsgan" not in changed
    project.types("git checkout runs/vae.yaml")

    said = project.types("genbench evaluate --real digits/reference --fake digits/held_out --extractor pixels")
    assert re.search(r"FID \(pixels\) ↓ +[\d.]+\n +real against real", said)
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs/start.md").read_text(encoding="utf-8"), re.DOTALL)
    said = project.run(sys.executable, "-c", "\n".join(code))
    numbers = re.fullmatch(r"([\d.]+) where real images have ([\d.]+)\n", said)
    assert numbers and float(numbers[1]) > float(numbers[2])


@pytest.mark.soak
@pytest.mark.pipeline
def test_the_first_table_comes_back_without_a_training(project: Reader) -> None:
    first, times = project.files("reports/leaderboard.*"), project.files("data/*/costs/vae/*")
    assert times
    learn(project, lr="0.003")
    project.types("genbench fanout")
    assert project.files("reports/leaderboard.*") != first
    project.types("git checkout runs/vae.yaml")
    project.types("genbench fanout")
    assert project.files("reports/leaderboard.*") == first
    assert project.files("data/*/costs/vae/*") == times, "the seconds of the first training, not of another one"


def learn(project: Reader, lr: str) -> None:
    """Write another learning rate into runs/vae.yaml."""
    run = project.path / "runs/vae.yaml"
    run.write_text(re.sub(r"lr: \S+", f"lr: {lr}", run.read_text(encoding="utf-8")), encoding="utf-8")

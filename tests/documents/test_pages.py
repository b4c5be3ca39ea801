"""The pages of a benchmark, and of the laboratories: the commands that they print for each row and each stage."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from genbench.dag import lock
from tests.support.clone import ROOT, executed
from tests.support.printed import Reader

STUDIES = sorted(page.parents[1] for page in ROOT.glob("laboratory/*/report/index.html"))


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_stage_that_a_page_names_is_one_of_its_study(study: Path) -> None:
    text = (study / "report/index.html").read_text(encoding="utf-8")
    locked = lock.read(study)
    stages = {*locked, *(name.split("@")[0] for name in locked)}  # DVC takes a matrix as all of its stages
    named = [html.unescape(name) for name in re.findall(r"<code>dvc repro -f -s ([^<]+)</code>", text)]
    assert named and set(named) <= stages


@pytest.mark.soak
@pytest.mark.pipeline
def test_a_row_is_trained_and_scored_again_as_its_page_says(project: Reader) -> None:
    board = project.files("reports/leaderboard.*")
    ran = executed(project.types(of_row(project, "All seeds", "vae")))
    assert "train@vae-0" in ran and "train@nsgan-0" not in ran
    assert project.files("reports/leaderboard.*") == board


@pytest.mark.soak
@pytest.mark.pipeline
def test_a_seed_is_compared_with_the_numbers_of_the_page(project: Reader) -> None:
    said = project.types(of_row(project, "One seed", "vae"))
    assert "identical" in said and "beyond seed noise" not in said


def of_row(project: Reader, which: str, run: str) -> str:
    """Return a command of reports/index.html: the one that is about a run, of those under a heading."""
    text = (project.path / "reports/index.html").read_text(encoding="utf-8")
    found = re.findall(rf'<p class="again">{which}[^<]*<button[^<]*</button><code>([^<]+)</code>', text)
    (command,) = [html.unescape(code) for code in found if re.search(rf"[ @]{run}[ -]", code)]
    return command

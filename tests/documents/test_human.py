"""docs/human.md: people are asked, here simulated ones and one at a browser without a page."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.human.support import Browser, length
from tests.support.clone import executed
from tests.support.printed import Reader

pytestmark = [pytest.mark.soak, pytest.mark.pipeline]


def codes(database: Path) -> list[str]:
    """Return the codes of all participants, in the order in which they joined."""
    with closing(sqlite3.connect(database)) as connection:
        return [code for (code,) in connection.execute("SELECT code FROM participants ORDER BY number")]


def test_answers_of_people_become_a_column(project: Reader) -> None:
    assert "vae: errors" in project.types("genbench human simulate --database try.sqlite")
    before = project.types("genbench table")
    with project.serves("genbench human serve") as url:
        browser = Browser(url.rstrip("/"))
        place = browser.join()
        while place["phase"] == "trial":  # practice, then a session in which all attention checks are seen
            place = browser.answer(place["trial"], says_real=place["check"] != "generated")[1]
    exported = project.types("genbench human export")
    assert exported == f"human/quick.csv: {length('infinity')} answers of 1 participant\n"
    project.types('git add human && git commit -m "Answers of people"')
    assert project.run("git", "show", "--name-only", "--format=%s").split("\n\n") == [
        "Answers of people",
        "human/quick.csv\n",
    ]
    assert executed(project.types("dvc repro")) == {"human", "report"}
    assert "HYPE" not in before
    assert "HYPE" in project.types("genbench table")

    database = project.path / "human/quick.sqlite"
    assert "participants: 1\n" in project.types("genbench human status")
    project.types("genbench human delete CODE", put={"CODE": codes(database)[0]})
    assert "participants: 0\n" in project.types("genbench human status")


def test_exposures_that_adapt(project: Reader) -> None:
    (project.path / "human/quick.sqlite").unlink(missing_ok=True)
    with project.serves("genbench human serve --kind time") as url:
        browser = Browser(url.rstrip("/"))
        place = browser.join()
        assert place["frames"] * place["frame_ms"] >= 100

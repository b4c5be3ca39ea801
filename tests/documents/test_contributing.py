"""CONTRIBUTING.md, and what docs/architecture.md names."""

from __future__ import annotations

import re
import urllib.request

import pytest

from tests.support.printed import Reader

pytestmark = [pytest.mark.soak, pytest.mark.pipeline]


def test_a_member_is_held_to_its_contract(project: Reader) -> None:
    project.types("genbench use <name>", put={"<name>": "quick"})
    passed = project.types("pytest tests/test_contracts.py -k <name>", put={"<name>": "noise"})
    assert re.search(r"\d+ passed", passed)


def test_lint_becomes_a_hook(project: Reader) -> None:
    project.types(".venv/bin/pre-commit install")
    assert "pre-commit" in (project.path / ".git/hooks/pre-commit").read_text(encoding="utf-8")
    project.run("rm", ".git/hooks/pre-commit")


def test_the_drawing_of_the_rooms_is_made_from_imports(project: Reader) -> None:
    drawing = project.path / "docs/rooms.svg"
    before = drawing.read_bytes()
    drawing.unlink()
    project.types("python docs/rooms.py")
    assert drawing.read_bytes() == before


def test_pages_are_shown_while_they_are_written(project: Reader) -> None:
    with project.serves("mkdocs serve") as url, urllib.request.urlopen(url, timeout=60) as page:
        assert "<title>genbench" in page.read().decode()

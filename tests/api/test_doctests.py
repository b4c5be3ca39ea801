"""Examples in docstrings do what they show."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from genbench.find import find, members
from tests.support.clone import ROOT

SHOWN = [path for path in sorted((ROOT / "genbench").rglob("*.py")) if "    >>> " in path.read_text(encoding="utf-8")]


def test_every_function_for_python_has_an_example() -> None:
    functions = [getattr(find("api", name), name) for name in members("api")]
    assert [function.__name__ for function in functions if ">>> " not in function.__doc__] == []
    assert {ROOT / "genbench/api" / f"{name}.py" for name in members("api")} <= set(SHOWN)


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_run(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0

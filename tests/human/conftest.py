"""A browser, and a small study that is ready to be served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from genbench.human.pictures import study
from genbench.human.store import Store
from tests.human.support import project
from tests.support.browser import chromium

browser = pytest.fixture(scope="module")(chromium)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The database of a benchmark of two rows, which is the current folder."""
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    with Store(tmp_path / "human" / "digits.sqlite", study("digits", ("vae", "wgan_gp"), (0,), 0)) as store:
        yield store

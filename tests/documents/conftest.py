"""A checkout in which the commands of documents are run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from genbench.files.yaml import overridden
from tests.support.clone import clone
from tests.support.printed import SHORT, Reader


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A checkout after `make quick`, whose profile has a budget of seconds. Nobody changes it: tests take copies.

    `make` finds the environment of the tests in its .venv.
    """
    made = Reader(clone(tmp_path_factory.mktemp("quick") / "genbench").path)
    (made.path / "dvc.lock").unlink()  # DVC reads and writes all of it after each stage, here for rows that are not
    profile = made.path / "profiles/quick.yaml"
    profile.write_text(overridden(profile.read_text(encoding="utf-8"), SHORT), encoding="utf-8")
    (made.path / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (made.path / ".venv" / part).symlink_to(Path(sys.prefix) / part)
    (made.path / ".venv/ready").touch()  # so that make installs nothing
    made.commit()
    made.types("make quick")
    made.commit()
    return made


@pytest.fixture(scope="module")
def project(quick: Reader, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A copy for the tests of one document."""
    return Reader(quick.copy(tmp_path_factory.mktemp("copy") / "genbench").path)

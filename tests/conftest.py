"""A project in which the pipeline really runs, on a profile that takes seconds."""

from __future__ import annotations

import pytest
from clone import TINY, Clone, clone


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone on the tiny profile, reproduced and committed. Nobody changes it: tests take copies."""
    made = clone(tmp_path_factory.mktemp("pipeline") / "base")
    made.add_profile("tiny", **TINY)
    made.run("genbench", "use", "tiny")
    made.repro()
    made.commit()
    return made

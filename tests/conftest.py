"""Steady examples for property tests, and a project in which the pipeline really runs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.support.clone import TINY, Clone, clone

# The same examples every time, and none too slow on a machine that is busy with other things.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone on the tiny profile, reproduced and committed. Nobody changes it: tests take copies."""
    made = clone(tmp_path_factory.mktemp("pipeline") / "base")
    (made.path / "dvc.lock").unlink()  # DVC reads and writes all of it after each stage, here for rows that are not
    made.add_profile("tiny", **TINY)
    made.run("genbench", "use", "tiny")
    made.repro()
    made.commit()
    return made

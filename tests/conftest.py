"""Steady examples for property tests, one thread for torch, and a project in which the pipeline really runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import HealthCheck, settings

from tests.support.clone import TINY, Clone, clone

# The same examples every time, and none too slow on a machine that is busy with other things.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files of pipelines, which are the longest, where the processes of xdist share the files."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("pipeline") is None)


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


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Let torch compute in one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)

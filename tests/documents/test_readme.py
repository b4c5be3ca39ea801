"""README.md."""

from __future__ import annotations

import pytest

from tests.support.printed import Reader


@pytest.mark.soak
@pytest.mark.pipeline
def test_make_bench_prints_the_leaderboard_and_run_again_does_nothing(project: Reader) -> None:
    before = project.files("reports/leaderboard.*")
    project.run("rm", "-r", "reports/index.html", "data/digits")
    assert "nsgan" in project.types("make bench")
    assert project.files("reports/leaderboard.*") == before and (project.path / "reports/index.html").is_file()
    times = [path.stat().st_mtime_ns for path in sorted((project.path / "reports").iterdir())]
    assert "nsgan" in project.types("time make bench")
    assert [path.stat().st_mtime_ns for path in sorted((project.path / "reports").iterdir())] == times

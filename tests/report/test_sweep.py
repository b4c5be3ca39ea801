"""Quality against network calls: a mean over seeds at each number of steps, the front, and no table without a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genbench.errors import InputError
from genbench.files.atomic import read_json, write_json
from genbench.report import sweep
from tests.support.report_tree import Tree, write_tree

POINTS = {"wgan_gp": {1: 90.0, 2: 50.0, 4: 40.0}, "vae": {1: 200.0, 3: 30.0, 7: 35.0}}  # FID by calls


def record(run: str, calls: int, protocol: dict[str, Any], more: float) -> dict[str, Any]:
    return {
        "steps": (calls + 1) // 2,
        "calls": calls,
        "metrics": {"fid": POINTS[run][calls] + more, "unknown": 1.0},
        "protocol": protocol,
    }


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = write_tree(tmp_path, ("noise", "wgan_gp", "vae"), points=3)
    for run, points in POINTS.items():
        for seed, more in ((0, -5.0), (1, 5.0)):
            protocol = read_json(made.record(run))["protocol"]
            records = [record(run, calls, protocol, more) for calls in points]
            write_json(made.data / "metrics" / run / f"sweep-{seed}.json", records)
    return made


def test_a_point_is_the_mean_of_its_seeds(tree: Tree) -> None:
    board = tree.report(swept=["wgan_gp", "vae"])
    lines = {(run, calls): fid for run, _, calls, fid in sweep.table(board)}
    assert {key: float(fid) for key, fid in lines.items()} == {
        (run, str(calls)): fid for run, points in POINTS.items() for calls, fid in points.items()
    }
    assert sweep.heads(board) == ["run", "steps", "network calls", "FID (digits classifier) ↓"]
    page = (tree.reports / "index.html").read_text(encoding="utf-8")
    assert "Quality against network calls" in page and sweep.note(board) in page
    assert "vae: 30.00 at 3 calls" in page


def test_the_front_has_the_points_that_no_other_is_better_than_at_as_many_calls(tree: Tree) -> None:
    (chart,) = sweep.fronts(tree.report(swept=["wgan_gp", "vae"]))
    corners = [(chart.x.at(calls), chart.y.at(fid)) for calls, fid in ((1, 90.0), (2, 50.0), (3, 30.0))]
    path = f"M{corners[0][0]:g},{corners[0][1]:g}" + "".join(f"H{x:g}V{y:g}" for x, y in corners[1:])
    assert chart.front == path
    assert {line.run: len(line.points) for line in chart.lines} == {"wgan_gp": 3, "vae": 3}
    assert len({line.colour for line in chart.lines}) == 2


def test_runs_that_are_not_swept_leave_no_trace(tree: Tree) -> None:
    board = tree.report()
    assert (board.get("sweep"), sweep.table(board), sweep.fronts(board), sweep.note(board)) == (None, [], [], "")
    assert "Quality against network calls" not in (tree.reports / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"protocol": {"n_fake": 3}}, "two values of n_fake"),
        ({"calls": 5}, "expected a sweep of the same steps"),
        ({"steps": None, "protocol": None}, "sweep of the same steps|not records of the stage sweep"),
    ],
)
def test_another_protocol_or_form_is_refused(tree: Tree, wrong: dict[str, Any], message: str) -> None:
    file = tree.data / "metrics/vae/sweep-1.json"
    records = read_json(file)
    for key, value in wrong.items():
        records[0][key] = records[0][key] | value if isinstance(value, dict) else value
    write_json(file, records)
    with pytest.raises(InputError, match=message):
        tree.report(swept=["wgan_gp", "vae"])

"""Learning curves over the operations of the training."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from genbench.files.atomic import read_json, write_json
from genbench.report.charts import loss_charts
from genbench.report.curves import Curve, operations_a_step
from tests.support.report_tree import write_tree


def ends(points: str) -> list[float]:
    return [float(point.split(",")[0]) for point in (points.split()[0], points.split()[-1])]


def test_seeds_of_one_budget_end_at_one_place_whatever_their_steps() -> None:
    curves = [Curve(0, "critic", [0, 50, 100], [3.0, 2.0, 1.0]), Curve(1, "critic", [0, 400], [3.0, 1.0])]
    (chart,) = loss_charts(curves, {0: 8e9, 1: 2e9})
    assert [ends(points) for _, points in chart.lines] == [[0, 300], [0, 300]]
    assert (chart.unit, chart.x.high) == ("operations", 8e11)
    assert chart.title == "Loss of critic over 400 steps, 8.00e+11 operations"
    (by_steps,) = loss_charts(curves, {})
    assert [ends(points) for _, points in by_steps.lines] == [[0, 75], [0, 300]]
    assert (by_steps.unit, by_steps.title) == ("steps", "Loss of critic over 400 steps")


@pytest.mark.parametrize("known", [True, False])
def test_the_page_draws_steps_where_operations_are_not_on_record(tmp_path: Path, known: bool) -> None:
    tree = write_tree(tmp_path, ("held_out", "gan"), (0, 1), points=20)
    if not known:
        path = tree.data / "weights/gan/1/training.json"
        write_json(path, read_json(path) | {"operations": None})
    board = tree.report()
    (row,) = [row for row in board["rows"] if row["run"] == "gan"]
    assert operations_a_step(row) == ({0: 5e8, 1: 5e8} if known else {})
    text = (tree.reports / "index.html").read_text()
    captions = re.findall(r"<figcaption>(Loss of \w+ over 190 steps[^<]*)</figcaption>", text)
    assert captions == [
        f"Loss of {group} over 190 steps{', 9.50e+10 operations' * known}" for group in ("critic", "generator")
    ]
    axes = re.findall(r'text-anchor="middle">(operations|steps)</text>', text)
    assert axes == ["operations" if known else "steps"] * 2

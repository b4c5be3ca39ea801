"""Charts of runs: which runs no other one beats, what is left outside of the frame, and labels that cover nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from genbench.report.costs import Cost
from genbench.report.families import families, family
from genbench.report.labels import HEIGHT, LETTER, WIDTH, place_all
from genbench.report.points import (
    FEW,
    FineLogAxis,
    Measure,
    Scatter,
    Value,
    WholeAxis,
    scatter,
)
from genbench.report.scatters import scatters
from tests.support.report_tree import write_tree

NUMBERS = st.floats(0.01, 1e4)


def row(run: str, *, calibration: bool = False, **known: str) -> Any:
    return {"run": run, "calibration": calibration, "model": "gan", "family": "other GAN", "options": {}} | known


def chart(
    points: dict[str, tuple[float, float]],
    x: str = "lower",
    y: str = "lower",
    *,
    calibration: str = "",
    log: bool = False,
) -> Scatter:
    rows = [row(run, calibration=run == calibration) for run in points]
    across, up = (
        Measure(
            name,
            {run: Value(place[axis], 0.0, f"{name} {place[axis]:g}") for run, place in points.items()},
            better,
            log,
        )
        for axis, (name, better) in enumerate((("cost", x), ("loss", y)))
    )
    made = scatter("Loss against cost", "A caption.", rows, across, up)
    assert made
    return made


@pytest.mark.parametrize(
    ("x", "y", "front"),
    [
        ("lower", "lower", "a, b, d"),
        ("higher", "lower", "d"),  # it is best in both
        ("higher", "higher", "a, e, d"),
        ("lower", "higher", "a"),
    ],
)
def test_the_front_is_what_no_run_beats_in_both(x: str, y: str, front: str) -> None:
    points = {"a": (1.0, 9.0), "b": (2.0, 4.0), "c": (3.0, 5.0), "d": (4.0, 1.0), "e": (3.5, 8.0)}
    summary = chart(points, x, y).summary
    assert f"The Pareto front holds {front}." in summary


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=60), st.booleans())
def test_points_stay_in_the_frame_and_labels_cover_neither_points_nor_each_other(
    places: list[tuple[float, float]], log: bool
) -> None:
    made = chart({f"run_{i}": place for i, place in enumerate(places)}, log=log)
    assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in made.points)
    boxes = []
    for point in made.points:
        label, wide = point.label, LETTER * len(point.row["run"])
        if label.always:
            left = label.x - {"start": 0, "middle": wide / 2, "end": wide}[label.anchor]
            boxes.append((left, label.y - 11, left + wide, label.y + 2))
    for i, one in enumerate(boxes):
        assert not any(one[0] <= point.x <= one[2] and one[1] <= point.y <= one[3] for point in made.points)
        assert not any(
            one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3] for other in boxes[:i]
        )
    assert made.few == (len(places) <= FEW)


def test_names_of_equal_weight_all_find_room_where_one_order_has_it() -> None:
    """The middle one fits to its right alone, where the first one would go; a crowd cannot all stand."""
    points = [("Hellinger", 223.0, 183.0), ("weighted divergence", 248.0, 197.0), ("Jeffrey", 225.0, 205.0)]
    assert all(label.always for label in place_all(points))
    crowd = [("a long name of a point", 200.0, 150 + 4.0 * index) for index in range(9)]
    labels = place_all(crowd)
    assert 3 <= sum(label.always for label in labels) < 9
    assert place_all([]) == []


def test_a_calibration_row_far_away_is_told_instead_of_drawn() -> None:
    made = chart({"a": (1.0, 9.0), "b": (2.0, 4.0), "noise": (500.0, 5.0)}, calibration="noise")
    assert [point.row["run"] for point in made.points] == ["a", "b"]
    assert made.caption == "A caption. These rows lie outside the frame: noise: loss 5, cost 500."
    near = chart({"a": (1.0, 9.0), "b": (2.0, 4.0), "held_out": (2.5, 3.0)}, calibration="held_out")
    assert {point.row["run"] for point in near.points} == {"a", "b", "held_out"}
    assert "held_out" not in near.summary  # it competes with nobody


@pytest.mark.parametrize("last", [1, 2, 3, 9, 54, 100, 400])
def test_places_have_whole_ticks(last: int) -> None:
    axis = WholeAxis(0.5, last + 0.5, 0.0, 300.0)
    texts = [text for _, text in axis.ticks(5)]
    assert texts[0] == "1"
    assert all(1 <= int(text) <= last for text in texts)
    assert len(texts) <= 12


def test_a_logarithmic_axis_of_little_has_several_ticks() -> None:
    axis = FineLogAxis(1.85, 2.15, 0.0, 300.0)  # about 71 to 141
    assert [text for _, text in axis.ticks(5)] == ["80", "100", "120", "140"]


def test_a_family_without_a_mark_has_the_common_one_and_calibration_is_one() -> None:
    named = [row(name, family=name) for name in ("f-GAN", "WGAN", "other GAN", "diffusion", "mystery")]
    rows = [*named, row("noise", family="diffusion", calibration=True)]
    assert [family(one).name for one in rows] == [*(one["run"] for one in named), "calibration"]
    assert len({family(one).mark for one in rows}) == len({family(one).colour for one in rows}) == 6
    assert list(families(named).values()) == [1] * 5


def test_an_earlier_document_without_families_has_those_of_its_models() -> None:
    old = row("a", model="ddpm")
    del old["family"]
    assert family(old).name == "ddpm"


def test_a_clock_that_measured_nothing_spoils_no_chart(tmp_path: Any) -> None:
    board = write_tree(tmp_path, ("held_out", "wgan_gp", "vae", "gan")).report()
    costs = {one["run"]: [Cost(0.0, 10.0, 0.0, None)] for one in board["rows"]}
    assert [made.title for made in scatters(board, costs)] == ["Precision against recall"]
    one = {**costs, **{run: [Cost(3.0, 10.0, 0.1, None)] for run in ("wgan_gp", "vae", "gan")}}
    assert "Rank against training time" in [made.title for made in scatters(board, one)]

"""Rows that are told the class: kept apart, ranked and marked among themselves in every format."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genbench.data.images import Images
from genbench.files.atomic import read_json, write_json
from genbench.report.caption import caption
from genbench.report.columns import standing
from genbench.report.leaderboard import Leaderboard, groups, rank
from genbench.report.printed import rank_text
from genbench.report.scatters import scatters
from genbench.report.stored import parse
from genbench.report.tables import markdown
from genbench.report.terminal import table
from tests.report.test_page import heading, names, opened
from tests.report.test_ranks import FIVE, SMALL, set_fids, spread
from tests.support.report_tree import Tree, write_tree

SENTENCE = "Class-conditional rows are told the class; they are ranked among themselves."
FIDS = {"held_out": 14.0, "ddpm_guided": 20.0, "pixelcnn_conditional": 30.0, "wgan_gp": 40.0, "vae": 40.5, "gan": 80.0}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Two rows that are told the class and beat the three that are not; five seeds of each."""
    made = write_tree(tmp_path_factory.mktemp("groups"), tuple(FIDS), FIVE, **SMALL)
    for run, centre in FIDS.items():
        set_fids(made, run, spread(centre))
    for seed in FIVE:
        path = made.data / "likelihood" / "vae" / f"{seed}.json"
        write_json(path.parents[1] / "ddpm_guided" / path.name, read_json(path) | {"bits_per_dimension": 1.0})
    made.report()
    return made


@pytest.fixture(scope="module")
def board(tree: Tree) -> Leaderboard:
    return parse((tree.reports / "leaderboard.json").read_text(), "leaderboard.json")


def test_the_labels_of_the_samples_say_which_rows_are_told_the_class(board: Leaderboard) -> None:
    assert [(row["run"], row.get("conditional")) for row in board["rows"]] == [
        ("wgan_gp", False),
        ("vae", False),
        ("gan", False),
        ("ddpm_guided", True),
        ("pixelcnn_conditional", True),
        ("held_out", False),
    ]


def test_stored_images_with_labels_are_calibration_all_the_same(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "gan"), (0,), **SMALL)
    folder = tree.data / "samples" / "held_out" / "0" / "final"
    pixels = Images.load(folder).pixels
    Images(pixels, np.zeros(len(pixels), dtype=np.int64)).save(folder)
    assert [row.get("conditional") for row in tree.report()["rows"]] == [False, False]


def test_each_kind_has_ranks_marks_and_a_test_of_its_own(board: Leaderboard) -> None:
    column = board["columns"][0]
    assert {row["run"]: rank(row, column) for row in board["rows"]} == {
        "wgan_gp": 1,
        "vae": 1,
        "gan": 3,
        "ddpm_guided": 1,
        "pixelcnn_conditional": 2,
        "held_out": None,
    }
    assert [rank_text(board, row, column) for row in board["rows"]] == ["1=", "1=", "3", "1", "2", "–"]
    assert board["best"]["classifier"]["fid"] == ["ddpm_guided", "vae", "wgan_gp"]
    assert [standing(board, row, column) for row in board["rows"]] == ["best", "tied", "", "best", "", ""]
    assert board["likelihood"] and board["likelihood"]["best"]["lower bound"] == ["vae", "ddpm_guided"]
    test, own = board["test"], board["conditional_test"]
    assert test and own
    assert (test["freedom"], own["freedom"]) == ({"classifier.fid": 8}, {"classifier.fid": 8})
    assert "(3 rows)" in test["sentence"] and "(2 rows)" in own["sentence"]
    assert dict(caption(board))["Ranks"] == f"{test['sentence']} {own['sentence']}"


def test_every_format_has_a_block_of_them(tree: Tree, board: Leaderboard) -> None:
    blocks = markdown(board).split("\n\n")
    at = blocks.index(SENTENCE)
    assert [line.split()[1] for line in blocks[at + 1].splitlines()[2:]] == [
        "ddpm\\_guided",
        "pixelcnn\\_conditional",
    ]
    assert blocks[at + 2] == "The calibration rows show what the numbers mean."
    lines = table(board).splitlines()
    at = lines.index(SENTENCE)
    assert [line.split()[0] for line in lines[at + 1 : at + 3]] == ["ddpm_guided", "pixelcnn_conditional"]
    assert lines[at - 1] == lines[at + 3] and lines[at - 2].startswith("gan ")
    typeset = (tree.reports / "leaderboard.tex").read_text()
    assert rf"{{l}}{{{SENTENCE}}} \\" + "\nddpm\\_guided" in typeset
    with (tree.reports / "leaderboard.csv").open() as file:
        kinds = [line["kind"] for line in csv.DictReader(file)]
    assert kinds == ["trained"] * 3 + ["class-conditional"] * 2 + ["calibration"]


def test_charts_order_and_bound_the_others_alone(board: Leaderboard) -> None:
    (precision,) = (chart for chart in scatters(board, {}) if chart.title.startswith("Precision"))
    assert {point.row["run"] for point in precision.points} >= {"ddpm_guided", "wgan_gp"}
    assert "ddpm_guided" not in precision.summary and "pixelcnn_conditional" not in precision.summary


def test_a_board_without_them_is_of_two_kinds(board: Leaderboard) -> None:
    plain: Any = json.loads(json.dumps(board))
    plain["rows"] = [row for row in plain["rows"] if not row["conditional"]]
    plain["conditional_test"] = None
    for row in plain["rows"]:
        del row["conditional"]  # as an earlier document has it
    read = parse(json.dumps(plain), "leaderboard.json")
    assert [group.kind for group in groups(read)] == ["trained", "calibration"]
    for text in (markdown(read), table(read)):
        assert "onditional" not in text


def test_the_page_sorts_and_filters_them_under_a_line_of_their_own(browser: Any, tree: Tree) -> None:
    with opened(browser, tree) as page:
        line = page.locator(".divider").first
        assert line.inner_text().split("\n")[0].startswith("Class-conditional These rows are told the class;")
        heading(page, "Run").click()
        heading(page, "Run").click()
        assert names(page, "trained") == ["wgan_gp", "vae", "gan"]
        assert names(page, "class-conditional") == ["pixelcnn_conditional", "ddpm_guided"]
        kinds = page.locator("#scores > tbody").evaluate_all("bodies => bodies.map(body => body.classList.value)")
        assert kinds == [
            *["run trained"] * 3,
            "divider",
            *["run class-conditional"] * 2,
            "divider",
            "run calibration",
        ]
        page.locator("#find").fill("wgan")
        assert names(page, "class-conditional") == [] and not line.is_visible()
        assert page.locator(".divider").last.is_visible()
        page.locator("#clear").click()
        assert line.is_visible()

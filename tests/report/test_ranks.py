"""Ranks against scipy's own test of each pair, at the rate of false claims that they state, and in every format."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom, ttest_ind

from genbench.report.caption import caption
from genbench.report.leaderboard import column_key, is_best
from genbench.report.printed import excess, rank_text
from genbench.report.ranks import LEVEL, critical, ranking
from genbench.report.stored import parse
from genbench.report.tables import markdown
from genbench.report.terminal import table
from tests.report.test_report import change, diverge, markdown_rows, row_of
from tests.support.report_tree import Tree, write_tree

FIVE = (0, 1, 2, 3, 4)
FID = "classifier.fid"
SMALL: dict[str, Any] = {"count": 12, "points": 20}  # numbers of images and of points, which decide nothing here


def spread(centre: float, ratio: float = 1.02) -> list[float]:
    """Five numbers whose logarithms lie evenly about that of `centre`."""
    return [centre * ratio**step for step in (-2, -1, 0, 1, 2)]


def set_fids(tree: Tree, run: str, values: Sequence[float], best: Sequence[float] | None = None) -> None:
    for seed, value in enumerate(values):
        change(tree, run, seed, metrics__fid=value)
        if best is not None:
            change(tree, run, seed, best={"fid": best[seed], "recall": 0.5}, best_step=100 * seed)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Two rows that no test tells apart, one that is worse than both, and calibration; five seeds of each."""
    made = write_tree(tmp_path, ("held_out", "wgan_gp", "vae", "gan"), FIVE, **SMALL)
    for run, centre in {"held_out": 14.0, "wgan_gp": 40.0, "vae": 40.5, "gan": 80.0}.items():
        set_fids(made, run, spread(centre))
    return made


# t of 0.05 on both sides as printed in E. S. Pearson and H. O. Hartley, Biometrika Tables for Statisticians, volume 1,
# table 12; for three pairs of endlessly many seeds Φ⁻¹((1 + 0.95^(1/3)) / 2)
@pytest.mark.parametrize(("rows", "freedom", "t"), [(2, 1, 12.706), (2, 10, 2.228), (2, 60, 2.000), (3, 1e9, 2.388)])
def test_the_critical_value_is_that_of_the_printed_tables(rows: int, freedom: float, t: float) -> None:
    assert critical(rows, freedom) == pytest.approx(t, abs=0.0006)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(2, 6), min_size=2, max_size=5), st.integers(0, 2**32), st.sampled_from([0.3, 1.0, 3.0]))
def test_a_rank_counts_the_rows_that_scipy_calls_better(sizes: list[int], seed: int, apart: float) -> None:
    rng = np.random.default_rng(seed)
    groups = [rng.normal(apart * rng.standard_normal(), rng.uniform(0.1, 2), size).tolist() for size in sizes]
    level = 1 - (1 - LEVEL) ** (1 / math.comb(len(groups), 2))
    tests = [[ttest_ind(one, other, equal_var=False) for other in groups] for one in groups]
    better = [sum(test.pvalue < level and test.statistic > 0 for test in row) for row in tests]
    ranks = ranking({str(i): one for i, one in enumerate(groups)}).ranks
    assert list(ranks.values()) == [1 + count for count in better]


@pytest.mark.parametrize(("share", "ranks"), [(0.999, [1, 1, 3]), (1.001, [1, 2, 3])])
def test_the_detectable_ratio_is_where_a_row_loses_its_tie(share: float, ranks: list[int]) -> None:
    rows = {"a": spread(40.0), "b": spread(40.0), "c": spread(400.0)}
    ratio = ranking({run: np.log(values).tolist() for run, values in rows.items()}).detectable
    rows["b"] = spread(40.0 * ratio**share)
    assert list(ranking({run: np.log(values).tolist() for run, values in rows.items()}).ranks.values()) == ranks


def test_the_detectable_ratio_is_the_formula() -> None:
    # three rows of logarithms −2d … 2d: s² = 10 d² / 4; t of three pairs and 8 degrees of freedom is 3.0046
    found = ranking({run: np.log(spread(centre, 1.05)).tolist() for run, centre in zip("abc", (1, 2, 3), strict=True)})
    assert found.freedom == 8
    assert math.log(found.detectable) == pytest.approx(3.0046 * math.log(1.05) * math.sqrt(2 * 2.5 / 5), rel=1e-3)


#: Standard deviations between seeds: equal ones, one that is larger, and ten as those of log FID on digits.
SPREADS = {
    "two": [1.0, 1.0],
    "eighteen": [1.0] * 18,
    "one wide": [1.0] * 9 + [5.0],
    "digits": [0.07, 0.014, 0.045, 0.024, 0.069, 0.001, 0.019, 0.078, 0.137, 0.001],
}


@pytest.mark.parametrize("name", SPREADS)
def test_where_nothing_differs_a_false_claim_is_as_rare_as_stated(name: str) -> None:
    """The family-wise rate over 2,000 tables of rows of equal means, each cell with its seed's part and its draw's.

    At most what 999 of 1,000 such simulations reach where the rate is as stated.
    """
    rng, tables = np.random.default_rng(0), 2000
    of_seeds, of_draws = rng.standard_normal((2, tables, len(SPREADS[name]), 5))
    cells = of_seeds * np.array(SPREADS[name])[:, None] + 0.015 * of_draws
    false = sum(max(ranking({str(i): one for i, one in enumerate(table)}).ranks.values()) > 1 for table in cells)
    assert 0 < false <= binom.ppf(0.999, tables, LEVEL)


def test_rows_that_are_not_told_apart_are_tied_and_all_marked(tree: Tree) -> None:
    board = tree.report()
    assert {row["run"]: row["ranks"] for row in board["rows"]} == {
        "wgan_gp": {FID: 1},
        "vae": {FID: 1},
        "gan": {FID: 3},
        "held_out": {},
    }
    assert board["best"]["classifier"]["fid"] == ["vae", "wgan_gp"]
    assert board["best"]["classifier"]["inception_score"] == ["wgan_gp"]  # no test, so one row alone
    test = board["test"]
    assert test is not None
    assert (test["level"], test["seeds"], test["freedom"]) == (0.05, 5, {FID: 8})
    for said in ("Tamhane's T2", "5 seeds", "5%", f"{test['detectable'][FID]:.3f} in FID (digits classifier) (3 rows)"):
        assert said in test["sentence"]
    assert dict(caption(board))["Ranks"] == test["sentence"]


def test_every_format_shows_the_ranks(tree: Tree) -> None:
    board = tree.report()
    column = board["columns"][0]
    printed = {run: cells for run, cells in markdown_rows(tree).items() if run != "run"}
    whole = {row["run"]: row for row in csv.DictReader(io.StringIO((tree.reports / "leaderboard.csv").read_text()))}
    lines = table(board).splitlines()
    for row, text in zip(board["rows"], ("1=", "1=", "3", "–"), strict=True):
        assert rank_text(board, row, column) == text
        assert printed[row["run"]][2] == text
        assert whole[row["run"]]["FID (digits classifier) rank"] == text.strip("=–")
        line = next(line for line in lines if line.startswith(f"{row['run']} "))
        assert re.search(rf" {excess(board, row, board['columns'][0])} +{text} ", line)
    assert board["test"] is not None
    assert board["test"]["sentence"] in lines


def test_fewer_than_five_seeds_claim_no_rank(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, seeds=(0, 1, 2, 3), **SMALL)
    board = tree.report()
    assert board["test"] is None
    assert all(row["ranks"] == {} for row in board["rows"])
    assert dict(caption(board))["Ranks"] == "No rank is claimed: each row has 4 seeds, and the test of ranks needs 5."
    assert "rank" not in (tree.reports / "leaderboard.csv").read_text()
    assert "± " in (tree.reports / "leaderboard.md").read_text()


def test_what_cannot_be_tested_is_shown_with_the_reason_and_has_no_rank(tmp_path: Path) -> None:
    runs = ("held_out", "wgan_gp", "vae", "gan", "still", "below", "lost", "gone", "bare")
    tree = write_tree(tmp_path, runs, FIVE, **SMALL)
    for run, centre in {"wgan_gp": 40.0, "vae": 60.0, "gan": 80.0, "lost": 30.0}.items():
        set_fids(tree, run, spread(centre))
    set_fids(tree, "still", [20.0] * 5)
    set_fids(tree, "below", [-0.01, 0.02, 0.03, 0.01, 0.02])
    diverge(tree, "lost", 3)
    change(tree, "bare", 2, metrics={"recall": 0.1})
    for seed in FIVE:
        diverge(tree, "gone", seed)
    board = tree.report()
    assert {row["run"]: row["ranks"][FID] for row in board["rows"] if row["ranks"]} == {
        "wgan_gp": 1,
        "vae": 2,
        "gan": 3,
    }
    assert board["test"] is not None
    assert board["test"]["untested"][FID] == {
        "below": "a number is not above 0, so it has no logarithm",
        "still": "no spread over seeds",
        "lost": "1 of 5 seeds diverged",
        "bare": "1 of 5 seeds have no number",
        "gone": "5 of 5 seeds diverged",
    }
    assert set(runs) == {row["run"] for row in board["rows"]}
    for run, reason in board["test"]["untested"][FID].items():
        assert f"without {run}: {reason}" in board["test"]["sentence"]
    assert row_of(board, "lost")["scores"]["classifier"]["fid"]["n"] == 4


def test_one_row_to_test_is_no_test(tmp_path: Path) -> None:
    board = write_tree(tmp_path, ("held_out", "noise", "gan"), FIVE, **SMALL).report()
    assert board["test"] is None
    assert dict(caption(board))["Ranks"].startswith("No rank is claimed: fewer than two rows")


def test_best_weights_have_columns_and_ranks_of_their_own(tree: Tree) -> None:
    set_fids(tree, "wgan_gp", spread(40.0), spread(70.0))
    set_fids(tree, "vae", spread(40.5), spread(30.0))
    board = tree.report()
    headings = {
        column_key(column): (column["label"], column["headline"], column["weights"]) for column in board["columns"]
    }
    assert headings["classifier.fid"] == ("FID", True, "final")
    assert headings["classifier.fid_best"] == ("FID of best weights", True, "best")
    assert headings["classifier.recall_best"] == ("Recall of best weights", False, "best")
    assert "classifier.precision_best" not in headings
    assert row_of(board, "wgan_gp")["ranks"] == {FID: 1, "classifier.fid_best": 2}
    assert row_of(board, "vae")["ranks"] == {FID: 1, "classifier.fid_best": 1}
    assert row_of(board, "gan")["ranks"] == {FID: 3}
    assert row_of(board, "gan")["scores"]["classifier"]["fid_best"]["mean"] is None
    assert [cell["best_step"] for cell in row_of(board, "vae")["cells"]] == [0, 100, 200, 300, 400]
    assert [cell["best_step"] for cell in row_of(board, "gan")["cells"]] == [None] * 5
    best = next(column for column in board["columns"] if column["metric"] == "fid_best")
    assert [is_best(board, row_of(board, run), best) for run in ("wgan_gp", "vae", "gan")] == [False, True, False]
    assert board["test"] is not None
    assert set(board["test"]["detectable"]) == {FID, "classifier.fid_best"}
    assert "validation" in dict(caption(board))["Best weights"]
    assert "FID of best weights (digits classifier) ↓" in (tree.reports / "leaderboard.md").read_text()


def test_a_document_of_schema_2_is_read_by_the_names_of_this_one(tree: Tree) -> None:
    """Schema 2 wrote `last` and `chosen`; numbers, ranks and headings of it are the same under the new names."""
    set_fids(tree, "wgan_gp", spread(40.0), spread(70.0))
    set_fids(tree, "vae", spread(40.5), spread(30.0))
    board: Any = tree.report()
    text = json.dumps(board)
    for new, old in {
        '"schema": 3': '"schema": 2',
        "_best": "_chosen",
        "best_step": "chosen_step",
        " of best weights": " chosen",
        '"weights": "final"': '"weights": "last"',
        '"weights": "best"': '"weights": "chosen"',
    }.items():
        assert new in text
        text = text.replace(new, old)
    assert parse(text, "leaderboard.json") == board


def test_an_earlier_document_without_what_is_new_is_read_and_printed(tree: Tree) -> None:
    board: Any = tree.report()
    for key in ("test", "cites", "references", "published"):
        del board[key]
    for row in board["rows"]:
        del row["ranks"], row["cites"]
        for cell in row["cells"]:
            del cell["best_step"]
    for column in board["columns"]:
        del column["weights"]
    earlier = parse(json.dumps(board), "leaderboard.json")
    assert " rank" not in table(earlier)
    assert "| wgan" in markdown(earlier)
    assert dict(caption(earlier))["Ranks"].startswith("No rank is claimed")

"""The column KL: of rows with a likelihood where the distribution of the data is known, in every format."""

from __future__ import annotations

import copy
import csv
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from genbench.data import teachers
from genbench.errors import InputError
from genbench.files.atomic import read_json, write_json
from genbench.report.aggregate import OF_KIN
from genbench.report.caption import caption, failures
from genbench.report.compare.comparison import Measure, measures
from genbench.report.frames import markdown_text
from genbench.report.further import marked
from genbench.report.leaderboard import Leaderboard, Row
from genbench.report.likelihood import KL, LIKELIHOOD, shown
from genbench.report.stored import parse
from genbench.report.terminal import table
from tests.support.report_tree import Tree, write_tree

RUNS = ("held_out", "noise", "wgan_gp", "vae", "gan")
SEEDS = (0, 1, 2)
VALUES = {"noise": 1.5, "wgan_gp": 0.2, "vae": 0.3, "gan": 0.25}  # of the middle seed
KINDS = {"noise": "exact", "wgan_gp": "exact", "vae": "upper bound", "gan": "exact"}
TEXTS = {
    "noise": "1.500 ± 0.002 [0.010]",
    "wgan_gp": "↓ 0.200 ± 0.002 [0.010]",
    "vae": "↓ ≤ 0.300 ± 0.002 [0.010]",
    "gan": "0.250 ± 0.002 [0.010]",
    "held_out": "–",
}
SMALL: dict[str, Any] = {"shape": (1, 8, 8), "count": 20, "points": 3}


def with_kl(root: Path) -> Tree:
    """Write a tree whose records have `kl`: one seed 0.01 below the middle one and one above, with known errors."""
    tree = write_tree(root, RUNS, SEEDS, **SMALL)
    for run, value in VALUES.items():
        of_bits = "lower bound" if KINDS[run] == "upper bound" else KINDS[run]
        bits = {"bits_per_dimension": 2.0, "standard_error": 0.01, "kind": of_bits, "method": "m", "n": 20, "draws": 1}
        for seed in SEEDS:
            kl = {"value": value + 0.01 * (seed - 1), "standard_error": 0.001 * (seed + 1), "kind": KINDS[run], "n": 50}
            write_json(record(tree, run, seed), bits | {"kl": kl})
    return tree


def record(tree: Tree, run: str, seed: int) -> Path:
    return tree.data / "likelihood" / run / f"{seed}.json"


def change(tree: Tree, run: str, seed: int, **changed: Any) -> None:
    path = record(tree, run, seed)
    said = read_json(path)
    path.write_text(json.dumps(said | {"kl": said["kl"] | changed}))


def row_of(board: Leaderboard, run: str) -> Row:
    return next(row for row in board["rows"] if row["run"] == run)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    made = with_kl(tmp_path_factory.mktemp("known"))
    made.report()
    return made


@pytest.fixture(scope="module")
def board(tree: Tree) -> Leaderboard:
    path = tree.reports / "leaderboard.json"
    return parse(path.read_text(encoding="utf-8"), str(path))


def test_a_row_has_the_mean_over_seeds_and_the_best_is_of_its_kind(board: Leaderboard) -> None:
    kl = row_of(board, "vae").get("kl")
    assert kl == {
        "kind": "upper bound",
        "mean": pytest.approx(0.3),
        "error": pytest.approx(0.002),
        "sd": pytest.approx(0.01),
    }
    assert [cell.get("kl") for cell in row_of(board, "vae")["cells"]] == pytest.approx([0.29, 0.3, 0.31])
    assert row_of(board, "held_out").get("kl") is None
    assert board.get("kl") == {"n": 50, "draws": 1, "best": {"exact": ["wgan_gp"], "upper bound": ["vae"]}}
    assert shown(board) == [LIKELIHOOD, KL]


def test_every_format_has_the_column(tree: Tree, board: Leaderboard) -> None:
    assert {row["run"]: marked(KL, board, row) for row in board["rows"]} == TEXTS
    markdown = (tree.reports / "leaderboard.md").read_text(encoding="utf-8")
    latex = (tree.reports / "leaderboard.tex").read_text(encoding="utf-8")
    page = (tree.reports / "index.html").read_text(encoding="utf-8")
    terminal = table(board)
    assert re.search(r"\| +KL ↓ \|$", markdown, re.MULTILINE)
    assert "KL $\\downarrow$" in latex
    assert terminal.splitlines()[2].endswith("bits/dim ↓" + " " * (len(TEXTS["vae"]) - 2) + "KL ↓")
    assert 'data-column="kl"' in page
    assert page.count('data-value="0.3"') == 1
    for run, text in TEXTS.items():
        assert re.search(
            rf"^\| {re.escape(markdown_text(run))} .*{re.escape(text)}(\*\*)? +\|$", markdown, re.MULTILINE
        ), run
        assert re.search(rf"^{run} .* {re.escape(text)}$", terminal, re.MULTILINE), run
        assert text.removeprefix("↓ ") in page, run
    assert "$\\leq$ 0.300 $\\pm$ 0.002 {[}0.010{]}" in latex
    lines = {line["run"]: line for line in csv.DictReader((tree.reports / "leaderboard.csv").open(encoding="utf-8"))}
    numbers = [float(lines["vae"][name]) for name in ("KL", "KL s.e.", "KL sd")]
    assert numbers == pytest.approx([0.3, 0.002, 0.01])
    assert (lines["vae"]["kind of KL"], lines["held_out"]["KL"]) == ("upper bound", "")
    assert read_json(tree.reports / "summary.json")["vae"]["kl"] == pytest.approx(0.3)


def test_the_caption_explains_it(board: Leaderboard) -> None:
    said = dict(caption(board))["KL"]
    assert "averaged over 50 images of the split held_out" in said
    assert dict(failures(board))["KL"] == KL.fails


def test_a_comparison_has_it(board: Leaderboard) -> None:
    of_kl = Measure("", "kl", "KL", "lower", 3, ratio=False)
    assert of_kl in measures(board, board)
    assert of_kl.values(row_of(board, "gan")) == pytest.approx([0.24, 0.25, 0.26])
    other = copy.deepcopy(board)
    assert other["kl"]
    other["kl"]["n"] = 10
    assert of_kl not in measures(board, other)


def test_records_without_it_make_no_column(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "vae"), SEEDS, **SMALL)
    board = tree.report()
    assert board["kl"] is None
    assert shown(board) == [LIKELIHOOD]
    for name in ("leaderboard.md", "leaderboard.csv", "leaderboard.tex", "index.html"):
        assert not re.search(r"\bKL\b", (tree.reports / name).read_text(encoding="utf-8")), name
    assert not re.search(r"\bKL\b", table(board))


@pytest.mark.parametrize("missing", [None, {"value": math.nan}])
def test_a_number_that_one_seed_lacks_is_a_dash(missing: dict[str, float] | None, tmp_path: Path) -> None:
    tree = with_kl(tmp_path)
    if missing:
        change(tree, "vae", 1, **missing)
    else:
        write_json(record(tree, "vae", 1), read_json(record(tree, "vae", 1)) | {"kl": None})
    row = row_of(tree.report(), "vae")
    assert row["kl"] is None
    assert [cell["kl"] is None for cell in row["cells"]] == [False, True, False]
    assert row["likelihood"] is not None


@pytest.mark.parametrize(("field", "value"), [("n", 10), ("kind", "exact")])
def test_two_protocols_are_refused(field: str, value: Any, tmp_path: Path) -> None:
    tree = with_kl(tmp_path)
    change(tree, "vae", 1, **{field: value})
    with pytest.raises(
        InputError, match=f"one column of likelihoods holds one protocol, but {field} differs.*{record(tree, 'vae', 1)}"
    ):
        tree.report()


@pytest.mark.parametrize(("dataset", "kin"), [("known_digits_mixture", "kernel_density"), ("known_digits", "pixelcnn")])
def test_models_of_the_family_of_the_distribution_are_marked(dataset: str, kin: str, tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "vae", "gan"), (0,), **SMALL)
    tree.runs["vae"]["model"] = kin

    def notes() -> dict[str, list[str]]:
        return {row["run"]: row["notes"] for row in tree.report()["rows"]}

    assert notes() == {"held_out": [], "vae": [], "gan": []}
    for path in (tree.data / "images" / "about.json", *tree.data.glob("metrics/*/*.json")):
        path.write_text(path.read_text(encoding="utf-8").replace('"digits"', f'"{dataset}"'), encoding="utf-8")
    assert notes() == {"held_out": [], "vae": [OF_KIN], "gan": []}
    assert OF_KIN in (tree.reports / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("dataset", ["digits", "known_digits", "known_digits_mixture"])
def test_the_teacher_with_the_hash_of_its_weights_is_in_the_protocol(tmp_path: Path, dataset: str) -> None:
    tree, teacher = write_tree(tmp_path, ("held_out",), (0,), **SMALL), teachers.of(dataset)
    for path in (tree.data / "images" / "about.json", *tree.data.glob("metrics/*/*.json")):
        path.write_text(path.read_text(encoding="utf-8").replace('"digits"', f'"{dataset}"'), encoding="utf-8")
    board = tree.report()
    said, sentence = board["dataset"]["teacher"], dict(caption(board))["Dataset"]
    if teacher is None:
        assert (said, "teacher" in sentence) == (None, False)
    else:
        bits = math.log(2) * 64
        assert said == {
            "name": teacher.name,
            "weights": teacher.weights,
            "entropy": teacher.entropy.value / bits,
            "error": teacher.entropy.error / bits,
        }
        assert f"drawn from the teacher {teacher.name}, weights {teacher.weights[:12]}" in sentence

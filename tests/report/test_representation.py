"""Table of learnt features: means over seeds, a dash for a run without, and no table without records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genbench.errors import InputError
from genbench.files.atomic import write_json
from genbench.report.representation import HEADS, note, table
from genbench.text import MISSING
from tests.support.report_tree import Tree, write_tree

FACTS = {"n_train": 300, "n_reference": 70, "k": 20}


def record(probe: float, **changed: Any) -> dict[str, Any]:
    scores = {"probe": probe, "neighbours": 0.5}
    return {
        "of": "critic",
        "size": 96,
        **FACTS,
        **scores,
        "untrained": {"probe": 0.25, "neighbours": 0.125},
    } | changed


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = write_tree(tmp_path, ("noise", "wgan_gp", "vae"), points=3)
    folder = made.data / "representation"
    for seed, probe in ((0, 0.5), (1, 0.75)):
        write_json(folder / "wgan_gp" / f"{seed}.json", record(probe, path_length={"z": 1.0 + seed}))
        write_json(folder / "vae" / f"{seed}.json", None)
    write_json(folder / "baselines.json", {"pixels": {"size": 64, "probe": 0.9, "neighbours": 0.95}})
    return made


def test_a_row_is_the_mean_of_its_seeds_and_a_run_without_features_a_dash(tree: Tree) -> None:
    board = tree.report()
    assert table(board) == [
        ["wgan_gp", "critic", "96", "0.625", "0.500", MISSING, "0.250", "0.125", MISSING, "1.50", MISSING],
        ["vae", *[MISSING] * (len(HEADS) - 1)],
        ["pixels", MISSING, "64", "0.900", "0.950", *[MISSING] * 6],
    ]
    page = (tree.reports / "index.html").read_text(encoding="utf-8")
    assert "Learnt features" in page and "<td>0.625</td>" in page
    assert "300 training images" in note(board) and note(board) in page


def test_codes_of_an_encoder_have_a_gap_and_styles_a_path(tree: Tree) -> None:
    scores = {"probe": 0.25, "neighbours": 0.125, "mig": 0.0}
    for seed, gap in ((0, 0.25), (1, 0.5)):
        of = record(0.5, of="encoder", mig=gap, untrained=scores, path_length={"z": 3.0, "w": 2.0 + seed})
        write_json(tree.data / f"representation/vae/{seed}.json", of)
    line = dict(zip(HEADS, next(line for line in table(tree.report()) if line[0] == "vae"), strict=True))
    assert (line["MIG"], line["MIG, untrained"]) == ("0.375", "0.000")
    assert (line["path length, z"], line["path length, w"]) == ("3.00", "2.50")


def test_a_board_without_records_has_no_table(tree: Tree) -> None:
    for file in tree.data.glob("representation/*/*.json"):
        file.unlink()
    board = tree.report()
    assert (board.get("representations"), table(board), note(board)) == (None, [], "")
    assert "Learnt features" not in (tree.reports / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (record(0.5, n_train=200, path_length={"z": 1.0}), "numbers of images differ"),
        ({"of": "critic"}, "not records of the stage"),
    ],
)
def test_records_of_another_protocol_or_form_are_refused(tree: Tree, wrong: dict[str, Any], message: str) -> None:
    write_json(tree.data / "representation/wgan_gp/1.json", wrong)
    with pytest.raises(InputError, match=message):
        tree.report()

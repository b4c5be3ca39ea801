"""The table of reconstructions: means over seeds, columns of code books where a row has one, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genbench.errors import InputError
from genbench.files.atomic import read_json, write_json
from genbench.report.reconstruction import CODE_HEADS, heads, note, table
from genbench.text import MISSING
from tests.support.report_tree import Tree, write_tree

BOOK = {"size": 64, "use": 0.5, "perplexity": 12.25}


def record(fid: float, **changed: Any) -> dict[str, Any]:
    """A record of a cell of which nothing else is known, such as of images without classes."""
    return {"reconstruction": {"extractor": "classifier", "n": 70, "fid": fid, "mse": 0.0125} | changed}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = write_tree(tmp_path, ("noise", "wgan_gp", "vae", "vqvae"), points=3)
    for seed in (0, 1):
        write_json(made.data / f"representation/wgan_gp/{seed}.json", None)
        write_json(made.data / f"representation/vae/{seed}.json", record(1.0 + seed))
        write_json(made.data / f"representation/vqvae/{seed}.json", record(3.0, codes=BOOK | {"use": 0.5 + seed / 4}))
    return made


def test_rows_are_means_over_seeds_of_the_runs_that_reconstruct(tree: Tree) -> None:
    board = tree.report()
    assert heads(board) == ["run", "rFID (digits classifier) ↓", "MSE ↓", *CODE_HEADS]
    assert sorted(table(board)) == [
        ["vae", "1.50", "0.0125", *[MISSING] * 3],
        ["vqvae", "3.00", "0.0125", "64", "0.625", "12.2"],
    ]
    assert "representations" not in board or not board["representations"]
    page = (tree.reports / "index.html").read_text(encoding="utf-8")
    assert '<h2 id="reconstruction-title">Reconstructions</h2>' in page and "<td>0.0125</td>" in page
    assert "reconstructions of 70 images" in note(board) and "code vectors" in note(board) and note(board) in page


def test_without_a_code_book_there_are_no_columns_of_one(tree: Tree) -> None:
    for seed in (0, 1):
        write_json(tree.data / f"representation/vqvae/{seed}.json", None)
    board = tree.report()
    assert heads(board) == ["run", "rFID (digits classifier) ↓", "MSE ↓"]
    assert table(board) == [["vae", "1.50", "0.0125"]]
    assert "code vectors" not in note(board)


def test_records_of_earlier_stages_have_no_table(tree: Tree) -> None:
    scores = {"probe": 0.5, "neighbours": 0.5}
    old = {"of": "encoder", "size": 16, "n_train": 300, "n_reference": 70, "k": 20, **scores, "untrained": scores}
    for file in tree.data.glob("representation/*/*.json"):
        write_json(file, old if read_json(file) else None)
    board = tree.report()
    assert board["representations"]
    assert (board.get("reconstructions"), heads(board), table(board), note(board)) == (None, [], [], "")
    assert "reconstruction-title" not in (tree.reports / "index.html").read_text(encoding="utf-8")


def test_a_run_that_lacks_a_seed_has_no_row(tree: Tree) -> None:
    (tree.data / "representation/vae/1.json").unlink()
    assert [line[0] for line in table(tree.report())] == ["vqvae"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (record(1.0, n=60), "one table holds one protocol, but reconstructions have several"),
        (record(1.0, extractor="pixels"), "one table holds one protocol, but reconstructions have several"),
        ({"reconstruction": {"fid": 1.0}}, "not records of the stage representation"),
    ],
)
def test_records_of_another_protocol_or_form_are_refused(tree: Tree, wrong: dict[str, Any], message: str) -> None:
    write_json(tree.data / "representation/vae/1.json", wrong)
    with pytest.raises(InputError, match=message):
        tree.report()


def test_an_extractor_without_other_scores_is_refused(tree: Tree) -> None:
    for run in ("vae", "vqvae"):
        for seed in (0, 1):
            write_json(tree.data / f"representation/{run}/{seed}.json", record(1.0, extractor="inception"))
    with pytest.raises(InputError, match="scored by inception, of which there are no other scores"):
        tree.report()

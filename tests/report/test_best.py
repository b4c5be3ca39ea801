"""The artifact `best`: a copy of the first row's weights, of the first seed that finished."""

from __future__ import annotations

from pathlib import Path

from genbench.files.atomic import read_json, write_json
from genbench.report.best import keep_best
from tests.support.report_tree import write_tree


def test_the_best_row_is_kept_and_a_diverged_seed_is_not(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("vae", "wgan_gp", "noise"))
    record = read_json(tree.record("wgan_gp", 0))
    write_json(tree.record("wgan_gp", 0), {**record, "diverged": {"step": 3, "reason": "NaN"}, "metrics": {}})
    keep_best(tree.report(), tree.data)
    assert read_json(tree.data / "best/best.json") == {"run": "wgan_gp", "seed": 1}
    source = tree.data / "weights/wgan_gp/1"
    for file in source.iterdir():
        assert (tree.data / "best" / file.name).read_bytes() == file.read_bytes()


def test_what_an_earlier_report_kept_goes(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("vae", "noise"), (0,))
    (tree.data / "best").mkdir()
    (tree.data / "best/old").touch()
    board = tree.report()
    keep_best(board, tree.data)
    assert not (tree.data / "best/old").exists()
    board["rows"] = [row for row in board["rows"] if row["calibration"]]
    keep_best(board, tree.data)
    assert [file.name for file in (tree.data / "best").iterdir()] == ["best.json"]
    assert read_json(tree.data / "best/best.json") == {"run": None, "seed": None}

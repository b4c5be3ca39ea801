"""The table of truths on the page of a dataset whose distribution is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genbench.files.atomic import read_json, write_json
from genbench.metrics.known_classes import COLUMNS as CLASSES
from genbench.report.leaderboard import Leaderboard
from genbench.report.stored import parse
from genbench.report.truths import columns, heads, table
from tests.report.test_page import opened
from tests.support.clone import ROOT
from tests.support.report_tree import COLUMNS, Tree, write_tree


def published(profile: str) -> Leaderboard:
    path = ROOT / "reports" / "published" / profile / "leaderboard.json"
    return parse(path.read_bytes(), str(path))


def test_the_published_board_of_known_has_every_truth() -> None:
    board = published("known")
    labels = ["surprise", "class TV, exact ↓", "class TV of the truth", "sharpness, exact ↑", "diversity, exact ↑"]
    assert heads(board) == ["run", "KL ↓", *labels, "asked class ↑", "JS ≥ ↓", "TV ≥ ↓", "KSD² ↓"]
    lines = {line[0]: dict(zip(heads(board), line, strict=True)) for line in table(board)}
    assert list(lines) == [row["run"] for row in board["rows"]]
    assert float(lines["held_out"]["JS ≥ ↓"].split()[0]) < 0.05 < float(lines["pixel_histogram"]["JS ≥ ↓"].split()[0])
    assert lines["nsgan"]["KL ↓"] == lines["nsgan"]["asked class ↑"] == "–"


def test_where_the_distribution_is_unknown_there_are_no_truths() -> None:
    board = published("translation_emoji")
    assert columns(board) == []
    assert table(board) == []


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Three runs of known_digits under pixels too, of class TV 0.1, 0.2 and 0.3."""
    tree = write_tree(tmp_path_factory.mktemp("truths"), ("held_out", "vae", "gan"), (0, 1, 2), points=20)
    about = tree.data / "images" / "about.json"
    write_json(about, read_json(about) | {"dataset": "known_digits"})
    write_json(tree.data / "reference" / "pixels" / "floor.json", {})
    for i, run in enumerate(tree.runs):
        for seed in tree.seeds:
            record = read_json(tree.record(run, seed))
            record["protocol"]["dataset"] = "known_digits"
            write_json(tree.record(run, seed), record)
            values = {key: 0.1 * (i + 1) + 0.001 * seed for key in CLASSES}
            protocol = record["protocol"] | {"extractor": "pixels", "options": {"known_classes": {}}}
            found = {"extractor": "pixels", "metrics": values, "protocol": protocol}
            write_json(tree.record(run, seed, "pixels"), record | found)
    tree.extractors.append("pixels")
    tree.report(profile="known", columns=COLUMNS | CLASSES)
    return tree


def test_the_page_shows_truths_and_compares_rows_by_them(browser: Any, tree: Tree) -> None:
    with opened(browser, tree, fragment="#compare=vae&compare=gan", width=390) as page:
        lines = page.get_by_role("region", name="Truths", exact=True).last.locator("tr")
        texts = [line.split("\t") for line in lines.all_inner_texts()]
        assert texts[0][:3] == ["run", "class TV, exact ↓", "class TV of the truth"]
        assert [line[:2] for line in texts[1:]] == [
            ["vae", "0.201 [0.001]"],
            ["gan", "0.301 [0.001]"],
            ["held_out", "0.101 [0.001]"],
        ]
        compared = page.get_by_role("region", name="Numbers side by side", exact=True).locator("tbody th")
        assert any(head.startswith("class TV, exact") for head in compared.all_inner_texts())
        assert page.locator("html").evaluate("element => element.scrollWidth - element.clientWidth") == 0


def test_a_board_of_a_dataset_that_is_not_known_has_no_such_section(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "gan"), (0,), points=20)
    tree.report()
    assert "truths-title" not in (tree.reports / "index.html").read_text()

"""Columns of what people said of the rows' images, in every format; none without answers, nor of other images."""

from __future__ import annotations

import csv
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from genbench.files.atomic import read_json, write_json
from genbench.human.pictures import digest
from genbench.report.caption import caption, failures
from genbench.report.frames import markdown_text
from genbench.report.human import INFINITY, TIME, agreements, note, shown, table
from genbench.report.latex import escape
from genbench.report.leaderboard import Leaderboard
from genbench.report.stored import parse
from genbench.report.terminal import table as terminal
from tests.support.browser import needed
from tests.support.report_tree import Tree, write_tree

axe = needed("axe_playwright_python.sync_playwright")

RUNS = ("noise", "wgan_gp", "vae", "gan", "wgan")
SEEDS = (0, 1, 2)
SHARES = {"noise": 1.0, "wgan_gp": 40.0, "vae": 20.0, "gan": 10.0}  # of wrong answers, in percent; none of wgan
TEXTS = {
    "noise": "1.0 [0.0, 3.0]",
    "wgan_gp": "↑ 40.0 [38.0, 42.0]",
    "vae": "20.0 [18.0, 22.0]",
    "gan": "10.0 [8.0, 12.0]",
    "wgan": "–",
}


def scores(tree: Tree, run: str, share: float) -> dict[str, Any]:
    folders = {str(seed): tree.data / "samples" / run / str(seed) / "final" for seed in SEEDS}
    found = {"mean": share, "low": max(0.0, share - 2), "high": share + 2, "n": 12, "generated": share + 1}
    return {
        "images": {seed: digest(folder) for seed, folder in folders.items()},
        "people": 12,
        "infinity": found | {"real": share - 1},
        "time": None,
    }


def write_record(tree: Tree) -> Path:
    """Write what the stage human leaves: everybody judged everything but wgan."""
    rows = {run: scores(tree, run, share) for run, share in SHARES.items()}
    real = digest(tree.data / "images" / "reference")
    path = tree.data / "human.json"
    write_json(path, {"real": real, "attentive": 12, "inattentive": 3, "rows": rows})
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = write_tree(tmp_path, RUNS, SEEDS, count=12, points=3)
    write_record(made)
    return made


def texts(board: Leaderboard) -> dict[str, str]:
    return {row["run"]: f"{'↑ ' * INFINITY.is_best(board, row)}{INFINITY.text(row)}" for row in board["rows"]}


def test_every_format_has_the_column(tree: Tree) -> None:
    tree.report()
    content = {kind: (tree.reports / f"leaderboard.{kind}").read_text(encoding="utf-8") for kind in ("md", "tex")}
    board = parse((tree.reports / "leaderboard.json").read_text(encoding="utf-8"), "leaderboard.json")
    page = (tree.reports / "index.html").read_text(encoding="utf-8")
    assert shown(board) == [INFINITY] and texts(board) == TEXTS
    for run, text in TEXTS.items():
        line = next(line for line in content["md"].splitlines() if line.startswith(f"| {markdown_text(run)} "))
        assert line.endswith(f" **{text}** |" if "↑" in text else f" {text} |")
        assert escape(text.removeprefix("↑ ")) in content["tex"] and text.removeprefix("↑ ") in page
        assert re.search(rf"^{run} .* {re.escape(text)}$", terminal(board), re.MULTILINE)
    with (tree.reports / "leaderboard.csv").open(encoding="utf-8") as file:
        lines = {line["run"]: [line[name] for name in INFINITY.fields] for line in csv.DictReader(file)}
    assert lines["vae"] == ["20.0", "18.0", "22.0", "12"] and lines["wgan"] == [""] * 4
    assert read_json(tree.reports / "summary.json")["vae"]["hype_infinity"] == 20.0
    (explained,) = [said for term, said in caption(board) if term == "People (HYPE)"]
    assert "12 people count; 3 did not pass" in explained and "HYPE∞ %" in dict(failures(board))
    assert "zhou2019" in board.get("cites", [])


def test_without_answers_there_is_no_column(tree: Tree) -> None:
    for content in ("null", None):
        (tree.data / "human.json").write_text(content) if content else (tree.data / "human.json").unlink()
        board = tree.report()
        assert (board.get("human"), shown(board), table(board), agreements(board)) == (None, [], [], [])
        for file in tree.reports.glob("*.*"):
            assert b"HYPE" not in file.read_bytes() or file.suffix == ".json"
        assert "People and metrics" not in (tree.reports / "index.html").read_text(encoding="utf-8")


def test_answers_of_other_samples_do_not_count(tree: Tree) -> None:
    path = tree.data / "samples" / "vae" / "1" / "final" / "pixels.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    board = tree.report()
    assert texts(board) == TEXTS | {"vae": "–"}
    sentence = "Run vae: 12 people judged images that it no longer has. These answers do not count."
    for file in ("leaderboard.md", "leaderboard.tex", "index.html"):
        assert sentence in (tree.reports / file).read_text(encoding="utf-8")
    assert sentence in terminal(board)


def test_other_real_images_or_seeds_leave_no_answer(tree: Tree) -> None:
    path = tree.data / "human.json"
    known = read_json(path)
    write_json(path, known | {"real": "0" * 12})
    board = tree.report()
    summary = board.get("human")
    assert shown(board) == [] and summary and summary["outdated"] == dict.fromkeys(SHARES, 12)
    write_json(path, known)
    tree.seeds = [0]
    assert shown(tree.report()) == []


def test_a_diverged_seed_is_not_what_people_saw_and_lost_rows_are_never_best(tree: Tree) -> None:
    record = read_json(tree.record("wgan_gp", 1))
    write_json(tree.record("wgan_gp", 1), record | {"metrics": {}, "diverged": {"step": 3, "reason": "loss is nan"}})
    path = tree.data / "human.json"
    known = read_json(path)
    assert texts(tree.report())["wgan_gp"] == "–"
    del known["rows"]["wgan_gp"]["images"]["1"]
    write_json(path, known)
    found = texts(tree.report())
    assert found["wgan_gp"] == "40.0 [38.0, 42.0]" and found["vae"] == "↑ 20.0 [18.0, 22.0]"


def test_metrics_and_approximations_agree_with_people(tree: Tree) -> None:
    board = tree.report()
    means = {row["run"]: row["scores"]["classifier"]["fid"]["mean"] for row in board["rows"]}
    assert means["wgan_gp"] < means["vae"] < means["gan"]  # type: ignore[operator]
    lines = {line[0]: line[1:] for line in agreements(board)}
    assert lines["FID (digits classifier)"] == ["HYPE∞ %", "3", "1.00", "[1.00, 1.00]"]
    assert lines["IS (digits classifier)"][2] == "1.00"  # higher is better there
    assert lines["Precision (digits classifier)"] == ["HYPE∞ %", "3", "0.33", "[0.33, 0.33]"]
    heads, *rows = table(board)
    assert heads[:4] == ["run", "HYPE∞ % ↑", "errors on generated %", "on real %"]
    assert heads[4:] == ["realism (digits classifier)"]  # and this extractor has no layers
    assert [row[:4] for row in rows if row[0] == "vae"] == [["vae", "20.0 [18.0, 22.0]", "21.0", "19.0"]]
    assert lines["realism (digits classifier)"][0] == "HYPE∞ %" and float(rows[0][4]) > 0
    page = (tree.reports / "index.html").read_text(encoding="utf-8")
    assert "People and metrics" in page and note(board) in html.unescape(page)


def test_times_have_a_column_of_their_own(tree: Tree) -> None:
    path = tree.data / "human.json"
    known = read_json(path)
    known["rows"]["vae"]["time"] = {"mean": 412.3, "low": None, "high": None, "n": 1}
    write_json(path, known)
    board = tree.report()
    assert shown(board) == [INFINITY, TIME]
    (row,) = [row for row in board["rows"] if row["run"] == "vae"]
    assert (TIME.text(row), TIME.note(row), TIME.is_best(board, row)) == ("412", "1 person", True)
    assert "Exposure at which" in (tree.reports / "index.html").read_text(encoding="utf-8")
    schema = json.loads((tree.reports / "leaderboard.schema.json").read_text(encoding="utf-8"))
    assert "human" in schema["properties"] and "human" in schema["$defs"]["Row"]["properties"]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_as_wide_as_the_window(browser: Any, tree: Tree, width: int) -> None:
    path = tree.data / "human.json"
    known = read_json(path)
    for run in known["rows"].values():
        run["time"] = {"mean": 412.3, "low": 380.0, "high": 444.0, "n": 9}
    write_json(path, known)
    tree.report()
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"file://{tree.reports}/index.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#people-title").is_visible()
    head = page.locator("#scores thead button", has_text="HYPE-time")
    head.click()
    assert page.locator('[data-column="hype_time"]').get_attribute("aria-sort") == "descending"
    found = axe.Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.close()

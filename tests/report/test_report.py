"""The report's numbers against values worked out by hand, and every format against the one document."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from genbench.data.images import Images
from genbench.errors import InputError
from genbench.files.atomic import read_json, write_json, write_text
from genbench.metrics import fid_infinity
from genbench.report.aggregate import between_seeds
from genbench.report.axes import Axis, spaced
from genbench.report.caption import caption
from genbench.report.costs import Cost, slow_rows
from genbench.report.curves import read_curves
from genbench.report.grids import enlarged, grid, inline
from genbench.report.layout import heads
from genbench.report.leaderboard import Leaderboard, Row, above_floor, headline, score
from genbench.report.printed import all_diverged, excess, full
from genbench.report.stored import parse
from genbench.report.tables import markdown
from genbench.report.terminal import table
from tests.support.report_tree import COLUMNS, VERSIONS, Tree, write_tree

NASTY = "<script>alert(1)|&_*`[x]"
DIVERGED = {"step": 120, "reason": "loss of critic is nan"}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return write_tree(tmp_path)


def change(tree: Tree, run: str, seed: int, extractor: str = "classifier", /, **changed: Any) -> None:
    """Change fields of one record; a dotted name reaches into a nested one."""
    record = read_json(tree.record(run, seed, extractor))
    for name, value in changed.items():
        *parents, last = name.split("__")
        place = record
        for parent in parents:
            place = place[parent]
        place[last] = value
    write_json(tree.record(run, seed, extractor), record)


def diverge(tree: Tree, run: str, seed: int, step: int = 120) -> None:
    """As evaluate writes it: no metrics, for there are no samples."""
    change(tree, run, seed, metrics={}, diverged=DIVERGED | {"step": step}, protocol__n_fake=0)


def set_fid(tree: Tree, run: str, *values: float) -> None:
    for seed, value in enumerate(values):
        change(tree, run, seed, metrics__fid=value)


def row_of(board: Leaderboard, run: str) -> Row:
    return next(row for row in board["rows"] if row["run"] == run)


def fid_of(board: Leaderboard, run: str) -> Any:
    return row_of(board, run)["scores"]["classifier"]["fid"]


def markdown_rows(tree: Tree) -> dict[str, list[str]]:
    """The leaderboard as a reader of Markdown sees it: cells of its two tables, by run, markup gone."""
    text = (tree.reports / "leaderboard.md").read_text().partition("## Sizes and budgets")[0]
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    rows: dict[str, list[str]] = {}
    cells: list[str] = []
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            texts = [child.content for child in token.children or [] if child.type in ("text", "text_special")]
            cells.append("".join(texts))
        elif token.type == "tr_close":
            rows[cells[0]] = cells[1:]
    return rows


def csv_rows(tree: Tree) -> dict[str, dict[str, str]]:
    text = (tree.reports / "leaderboard.csv").read_text()
    return {row["run"]: row for row in csv.DictReader(io.StringIO(text))}


def test_mean_and_sample_sd_over_seeds(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, seeds=(0, 1, 2))
    set_fid(tree, "wgan_gp", 10.0, 14.0, 12.0)
    one = fid_of(tree.report(), "wgan_gp")
    assert one == {"mean": 12.0, "draw": None, "sd": pytest.approx(2.0), "n": 3}


def test_the_draw_and_the_seeds_are_told_apart(tmp_path: Path) -> None:
    """The variance of the seeds' numbers is 4, of which the draw has 1: between seeds there is 3."""
    tree = write_tree(tmp_path, seeds=(0, 1, 2))
    for seed, value in enumerate((10.0, 14.0, 12.0)):
        change(tree, "wgan_gp", seed, metrics__fid=value, draw={"fid": 1.0})
    board = tree.report()
    found = fid_of(board, "wgan_gp")
    assert found["draw"] == pytest.approx(1 / math.sqrt(3)) and found["sd"] == pytest.approx(math.sqrt(3))
    assert full(row_of(board, "wgan_gp"), board["columns"][0]) == "12.00 ± 0.58 [1.73]"
    text = (tree.reports / "leaderboard.md").read_text()
    assert "standard error that the draw of images gives it" in text and "deviation between training seeds" in text


def test_seeds_that_differ_by_less_than_their_draw_have_no_spread_of_their_own() -> None:
    assert between_seeds([10.0, 10.1, 9.9], [1.0, 1.0, 1.0]) == 0
    assert between_seeds([10.0, 14.0], [1.0, 1.0]) is None


@pytest.mark.parametrize("seeds", [(3,), (0, 1)])
def test_fewer_than_three_seeds_have_no_spread(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    tree = write_tree(tmp_path, seeds=seeds)
    board = tree.report()
    row, column = row_of(board, "vae"), board["columns"][0]
    assert score(row, column)["sd"] is None
    assert "±" not in full(row, column) and "[" not in full(row, column)


def test_fid_of_endlessly_many_images_stands_beside_fid_under_the_first_ruler_alone(tree: Tree) -> None:
    columns = {"fid": COLUMNS["fid"], **fid_infinity.COLUMNS, "recall": COLUMNS["recall"]}
    write_json(tree.data / "reference" / "pixels" / "floor.json", {})
    for run in tree.runs:
        for seed in tree.seeds:
            record = read_json(tree.record(run, seed))
            metrics = {"fid": 90.0, "fid_infinity": -1.25, "fid_se": 2.0, "recall": 0.5}
            record |= {"metrics": metrics, "draw": {"fid_infinity": 0.5}, "best": metrics, "best_step": 1}
            write_json(tree.record(run, seed), record)
            record["extractor"] = record["protocol"]["extractor"] = "pixels"
            write_json(tree.record(run, seed, "pixels"), record)
    tree.extractors.append("pixels")
    board = tree.report(columns=columns)
    assert heads(board) == [
        "run",
        "FID (digits classifier) ↓",
        "− floor",
        "FID∞ (digits classifier) ↓",
        "Recall (digits classifier) ↑",
        "FID of best weights (digits classifier) ↓",
        "FID (pixels) ↓",
        "bits/dim ↓",
    ]
    shown = next(column for column in headline(board) if column["metric"] == "fid_infinity")
    assert full(row_of(board, "vae"), shown) == "−1.25 ± 0.35"
    assert r"FID$\infty$" in (tree.reports / "leaderboard.tex").read_text()


def test_sizes_and_budgets_stand_in_every_report(tree: Tree) -> None:
    tree.report()
    text = (tree.reports / "leaderboard.md").read_text().partition("## Sizes and budgets")[2]
    line = next(line for line in text.splitlines() if line.startswith("| vae"))
    assert [cell.strip() for cell in line.split("|")[2:-1]] == [
        "51\u202f234",
        "1\u202f000",
        "5.00e+11",
        "6.40e+05",
        "1",
    ]
    assert "5.00e+11" in (tree.reports / "index.html").read_text()


SLOW: list[tuple[dict[str, float], str]] = [
    ({"wgan_gp": 10, "vae": 20, "gan": 41}, "their steps want a limit: gan (2.0 times)."),
    ({"wgan_gp": 10, "vae": 20, "gan": 40}, "No training took more than twice the median of the trained rows' seconds"),
    ({"wgan_gp": 10}, ""),
]


@pytest.mark.parametrize(("seconds", "said"), SLOW)
def test_rows_of_more_than_twice_the_median_seconds_are_named(tree: Tree, seconds: dict[str, float], said: str) -> None:
    costs = {run: [Cost(train_seconds=seconds.get(run, 900 if run == "noise" else None))] * 2 for run in tree.runs}
    text = slow_rows(tree.report(), costs)
    assert said in text and bool(said) == bool(text) and "noise" not in text
    assert "No training took more than twice the median" in (tree.reports / "index.html").read_text()


def test_rows_are_sorted_and_the_best_is_a_trained_one(tree: Tree) -> None:
    board = tree.report()
    assert [row["run"] for row in board["rows"]] == ["wgan_gp", "vae", "gan", "held_out", "noise"]
    assert [row["calibration"] for row in board["rows"]] == [False] * 3 + [True] * 2
    assert board["best"]["classifier"] == {
        "fid": ["wgan_gp"],
        "inception_score": ["wgan_gp"],
        "precision": ["vae"],
        "recall": ["wgan_gp"],
    }


def test_values_that_print_the_same_are_both_best(tree: Tree) -> None:
    set_fid(tree, "wgan_gp", 10.0, 10.0)
    set_fid(tree, "vae", 10.001, 10.002)
    assert tree.report()["best"]["classifier"]["fid"] == ["vae", "wgan_gp"]


def test_a_diverged_run_is_shown_in_every_format_and_last_of_its_kind(tree: Tree) -> None:
    for seed in (0, 1):
        diverge(tree, "vae", seed)
    board = tree.report()
    text = "diverged at step 120 (loss of critic is nan)"
    assert [row["run"] for row in board["rows"]][:3] == ["wgan_gp", "gan", "vae"]
    assert all_diverged(row_of(board, "vae")) == text
    assert markdown_rows(tree)["vae"][0] == text
    assert [line.split(maxsplit=1)[1] for line in table(board).splitlines() if line.startswith("vae ")] == [text]
    assert csv_rows(tree)["vae"]["FID (digits classifier)"] == ""
    assert csv_rows(tree)["vae"]["diverged"].startswith("seed 0 at step 120 (loss of critic is nan); seed 1")
    assert text in (tree.reports / "index.html").read_text()
    assert "vae" not in read_json(tree.reports / "summary.json")


def test_a_seed_lost_is_counted_and_its_run_competes_no_more(tree: Tree) -> None:
    set_fid(tree, "wgan_gp", 10.0, 99.0)
    diverge(tree, "wgan_gp", 1, step=7)
    board = tree.report()
    assert fid_of(board, "wgan_gp") == {"mean": 10.0, "draw": None, "sd": None, "n": 1}
    assert board["rows"][0]["run"] == "wgan_gp"
    assert board["best"]["classifier"]["fid"] == ["vae"]
    assert markdown_rows(tree)["wgan_gp"][0] == "10.00 (1 of 2 seeds)"
    for text in (table(board), (tree.reports / "leaderboard.md").read_text()):
        assert "seed 1 diverged at step 7 (loss of critic is nan)" in text


@pytest.mark.parametrize("missing", ["absent", None, float("nan"), float("inf")])
def test_a_missing_metric_is_a_dash_not_the_mean_of_the_others(tree: Tree, missing: Any) -> None:
    record = read_json(tree.record("vae", 1))
    record["metrics"]["recall"] = missing
    if missing == "absent":
        del record["metrics"]["recall"]
    tree.record("vae", 1).write_text(json.dumps(record))
    board = tree.report()
    one = row_of(board, "vae")["scores"]["classifier"]["recall"]
    assert (one["mean"], one["n"]) == (None, 1)
    assert row_of(board, "vae")["cells"][0]["scores"]["classifier"]["recall"] is not None
    assert markdown_rows(tree)["vae"][-2] == "–"
    assert "recall" not in read_json(tree.reports / "summary.json")["vae"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dataset", "mnist"),
        ("extractor", "inception"),
        ("weights", "f" * 64),
        ("resize", "bicubic"),
        ("reference", "validation"),
        ("n_real", 360),
        ("n_fake", 100),
        ("options__precision_recall__k", 5),
        ("options__fid__eps", 0.1),
    ],
)
def test_two_protocols_are_refused_by_field_and_runs(tree: Tree, field: str, value: Any) -> None:
    change(tree, "vae", 1, **{f"protocol__{field}": value})
    with pytest.raises(InputError) as error:
        tree.report()
    assert field.replace("__", ".") + " differs" in str(error.value)
    assert "run 'held_out'" in str(error.value)
    assert "run 'vae' (seed 1, classifier)" in str(error.value)
    assert not tree.reports.exists()


def test_n_is_equal_between_extractors_too(tmp_path: Path) -> None:
    tree = two_extractors(tmp_path)
    change(tree, "vae", 0, "pixels", protocol__n_real=9)
    with pytest.raises(InputError, match="n_real differs.*pixels"):
        tree.report()


def test_a_cell_without_record_is_refused_with_the_command_that_makes_it(tree: Tree) -> None:
    tree.record("vae", 1).unlink()
    with pytest.raises(InputError, match="no record of run 'vae', seed 1.*dvc repro evaluate@vae-1-classifier"):
        tree.report()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"run": "gan"}, "expected the record of run 'vae'"),
        ({"metrics": {"fjd": 1.0}}, "metric 'fjd' has no column.*fid, inception_score"),
        ({"metrics": [1.0]}, "vae/1-classifier.json: not a record"),
        ({"protocol": {}}, "vae/1-classifier.json: not a record.*dataset"),
    ],
)
def test_a_record_that_cannot_be_one_is_named(tree: Tree, changed: dict[str, Any], message: str) -> None:
    change(tree, "vae", 1, **changed)
    with pytest.raises(InputError, match=message):
        tree.report()


def test_records_of_another_dataset_than_the_images_are_refused(tree: Tree) -> None:
    for run in tree.runs:
        for seed in tree.seeds:
            change(tree, run, seed, protocol__dataset="mnist")
    with pytest.raises(InputError, match="dataset 'mnist', the images are of 'digits'"):
        tree.report()


def test_an_unknown_run_and_an_empty_benchmark_are_refused(tree: Tree) -> None:
    with pytest.raises(InputError, match="unknown run 'vea'; did you mean 'vae'"):
        tree.report(enabled=["vea"])
    with pytest.raises(InputError, match="at least one enabled run"):
        tree.report(seeds=[])


def test_every_format_agrees_with_the_json_to_the_printed_digits(tree: Tree) -> None:
    set_fid(tree, "gan", 1234.5678, 2000.0)
    board = tree.report()
    assert read_json(tree.reports / "leaderboard.json") == board
    printed, whole, lines = markdown_rows(tree), csv_rows(tree), table(board).splitlines()
    short = read_json(tree.reports / "summary.json")
    for row in board["rows"]:
        line = next(line for line in lines if line.startswith(f"{row['run']} "))
        for column in headline(board):
            one = score(row, column)
            text = f"{one['mean']:.{column['decimals']}f}"
            assert any(cell.removeprefix("↓ ").removeprefix("↑ ") == text for cell in printed[row["run"]])
            assert text in line
            assert float(whole[row["run"]][column["heading"]]) == one["mean"]
            assert short[row["run"]][column["metric"]] == one["mean"]
        assert excess(board, row, headline(board)[0]) in line.split()


@pytest.mark.parametrize("seeds", [(0,), (0, 1), (0, 1, 2)])
def test_the_best_is_marked_from_three_seeds_on(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    tree = write_tree(tmp_path, seeds=seeds, points=3)
    board = tree.report()
    assert board["best"]["classifier"]["fid"] == ["wgan_gp"]
    texts = {name: (tree.reports / name).read_text() for name in ("leaderboard.md", "leaderboard.tex", "index.html")}
    marks = {"leaderboard.md": "**↓ ", "leaderboard.tex": r"\textbf{$\downarrow$ ", "index.html": ' class="best"'}
    assert {name: mark in texts[name] for name, mark in marks.items()} == dict.fromkeys(marks, len(seeds) == 3)
    said = "No run is marked as the best, because fewer than 3 seeds say too little of chance."
    assert [said in text for text in texts.values()] == [len(seeds) < 3] * 3


def test_a_note_leads_every_report(tree: Tree) -> None:
    note = "One <seed> & few images show nothing."
    assert tree.report(note=note)["note"] == note
    texts = {file: (tree.reports / file).read_text() for file in ("leaderboard.md", "leaderboard.tex", "index.html")}
    assert "\n\n> One " in texts["leaderboard.md"]
    assert r"One \textless{}seed\textgreater{} \& few images show nothing." in texts["leaderboard.tex"]
    assert '<p class="caveat" role="note">One &lt;seed&gt; &amp; few images show nothing.</p>' in texts["index.html"]
    assert tree.report()["note"] is None
    assert 'class="caveat"' not in (tree.reports / "index.html").read_text()


def test_a_hostile_name_breaks_no_format(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, (NASTY, "vae", "held_out"))
    board = tree.report()
    assert len(markdown_rows(tree)[NASTY]) == len(markdown_rows(tree)["vae"]) == 6
    assert "<script" not in (tree.reports / "leaderboard.md").read_text()
    assert csv_rows(tree)[NASTY]["model"] == "gan"
    assert f"\n{NASTY} " in table(board)
    assert "<script>alert" not in (tree.reports / "index.html").read_text()
    assert (tree.reports / "grids" / f"{NASTY}.png").is_file()


def test_files_are_the_same_bytes_twice_and_costs_reach_the_page_and_their_table_alone(tree: Tree) -> None:
    def contents() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tree.reports.rglob("*") if path.is_file()}

    tree.report()
    first = contents()
    tree.report()
    assert contents() == first
    write_json(tree.data / "costs" / "vae" / "0-train.json", {"train_seconds": 12_345.0})
    (tree.data / "costs" / "gan" / "1-sample.json").unlink()
    tree.report()
    changed = {path.name for path, content in contents().items() if content != first[path]}
    assert changed == {"index.html", "costs.csv"}
    assert "3 h 25 min" in (tree.reports / "index.html").read_text()


def test_a_run_taken_out_leaves_no_ghost(tree: Tree) -> None:
    tree.report()
    tree.report(enabled=["wgan_gp", "held_out"])
    assert {path.stem for path in (tree.reports / "grids").iterdir()} == {"wgan_gp", "held_out"}
    for path in tree.reports.rglob("*.*"):
        assert path.suffix == ".png" or "vae" not in path.read_text(), path


def test_notes_of_the_catalogue_and_of_a_training_stand_in_a_row_once(tree: Tree) -> None:
    said = "the bound of pearson in float32: finite"
    tree.runs["gan"]["note"] = "options from <b>afar</b>"
    for seed in tree.seeds:
        path = tree.data / "weights" / "gan" / str(seed) / "training.json"
        write_json(path, read_json(path) | {"notes": [said]})
    board = tree.report()
    assert {row["run"]: row["notes"] for row in board["rows"] if row["notes"]} == {
        "gan": ["options from <b>afar</b>", said]
    }
    text = (tree.reports / "index.html").read_text()
    assert f"<li>options from &lt;b&gt;afar&lt;/b&gt;</li><li>{said}</li>" in text


def two_extractors(root: Path) -> Tree:
    """The classifier, and one without class probabilities whose column's plain name is its own."""
    tree = write_tree(root)
    for run in tree.runs:
        for seed in tree.seeds:
            record = read_json(tree.record(run, seed))
            record["extractor"] = record["protocol"]["extractor"] = "pixels"
            record["protocol"]["weights"] = ""
            del record["metrics"]["inception_score"]
            record["metrics"]["fid"] /= 1000
            write_json(tree.record(run, seed, "pixels"), record)
    write_json(tree.data / "reference" / "pixels" / "floor.json", {})
    tree.extractors.append("pixels")
    return tree


def test_columns_name_their_extractor_and_only_measured_ones_are_shown(tmp_path: Path) -> None:
    board = two_extractors(tmp_path).report()
    assert [column["heading"] for column in board["columns"]] == [
        "FID (digits classifier)",
        "IS (digits classifier)",
        "Precision (digits classifier)",
        "Recall (digits classifier)",
        "FID (pixels)",
        "Precision (pixels)",
        "Recall (pixels)",
    ]
    assert board["columns"][4]["decimals"] == 4  # 0.0639 is three digits
    assert above_floor(board, row_of(board, "vae"), board["columns"][4]) is None


def test_fid_is_the_plain_name_for_inception_features_alone(tmp_path: Path) -> None:
    tree = write_tree(tmp_path)
    for run in tree.runs:
        for seed in tree.seeds:
            record = read_json(tree.record(run, seed))
            record["extractor"] = record["protocol"]["extractor"] = "inception"
            write_json(tree.record(run, seed, "inception"), record)
    tree.rename_ruler("inception")
    write_json(tree.data / "reference" / "inception" / "floor.json", {})
    board = tree.report(extractors=["inception"])
    assert [column["heading"] for column in board["columns"]] == ["FID", "IS", "Precision", "Recall"]


def test_the_caption_tells_the_whole_protocol(tree: Tree) -> None:
    board = tree.report()
    text = (tree.reports / "leaderboard.md").read_text().replace("\\", "")
    assert board["protocols"]["classifier"]["weights"] == "0123456789abcdef" * 4
    for part in (
        "weights 0123456789ab,",
        "resize none",
        "70 real images of the split reference",
        "compared with blocks of 70 images of each run",
        "splits 1, 70 images per split",
        "k 3",
        "seeds 0, 1",
        "17 grey levels",
        "14.00 ± 2.70",
        "20 random resplits",
        "numpy 2.0.1, Python 3.11, torch 2.13.0",
    ):
        assert part in text
    assert all(column.fails in text for column in COLUMNS.values())


def test_the_caption_says_which_rows_were_tuned(tree: Tree) -> None:
    assert "Tuning" not in dict(caption(tree.report())), "a board of earlier does not know"
    for options in tree.runs.values():
        options["tuned_on"] = ""
    assert "all trained rows are defaults, set by hand" in dict(caption(tree.report()))["Tuning"]
    tree.runs["gan"]["tuned_on"] = "digits"
    said = dict(caption(tree.report()))["Tuning"]
    assert said.startswith("The options of gan were found by random search")
    assert said.endswith("other trained rows are defaults, set by hand.")
    for options in tree.runs.values():
        options["tuned_on"] = "digits"
    assert "defaults" not in dict(caption(tree.report()))["Tuning"]


def test_a_leaderboard_of_earlier_says_no_versions_and_is_read_all_the_same(tree: Tree) -> None:
    board: Any = tree.report()
    assert parse(json.dumps(board), "now")["environment"] == board.pop("environment") == VERSIONS
    earlier = parse(json.dumps(board), "earlier")
    assert "environment" not in earlier
    assert "Versions" not in dict(caption(earlier))
    assert table(earlier) and markdown(earlier)


def test_plots_hold_the_same_means_sorted_and_thin_curves(tree: Tree) -> None:
    board = tree.report()
    with (tree.reports / "plots" / "fid.csv").open() as file:
        fids = [(row["run"], float(row["fid"])) for row in csv.DictReader(file)]
    assert fids == sorted(
        ((row["run"], fid_of(board, row["run"])["mean"]) for row in board["rows"]), key=lambda f: f[1]
    )
    with (tree.reports / "plots" / "curves.csv").open() as file:
        curves = list(csv.DictReader(file))
    assert {row["run"] for row in curves} == {"wgan_gp", "vae", "gan"}
    assert len(curves) == 3 * 2 * 2 * 100


def test_a_curve_is_split_by_group_and_what_is_not_finite_is_left_out(tmp_path: Path) -> None:
    lines = ["step,group,loss,grad_norm", "9,critic,0.5,1", "9,encoder,nan,inf", "18,critic,inf,1", "20,critic,100,1"]
    write_text(tmp_path / "curve.csv", "\n".join(lines) + "\n")
    critic, encoder = read_curves(tmp_path / "curve.csv", seed=4)
    assert (critic.seed, critic.group) == (4, "critic")
    assert (list(critic.steps), list(critic.losses)) == ([9, 20], [0.5, 100.0])
    assert list(encoder.steps) == []


def test_a_curve_of_a_header_alone_is_no_curve_and_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    write_text(path, "step,group,loss,grad_norm\n")
    assert read_curves(path, seed=0) == []
    for text in ("step,loss\n1,2\n", "", "step,group,loss,grad_norm\n1,critic\n"):
        write_text(path, text)
        with pytest.raises(InputError, match="curve.csv"):
            read_curves(path, seed=0)


def test_a_grid_shows_evenly_spaced_images_with_their_pixels_repeated(tree: Tree) -> None:
    pixels = np.repeat(np.arange(4, dtype=np.uint8), 3)[:, None, None, None] * np.ones((1, 1, 2, 2), np.uint8)
    images = Images(pixels, np.zeros(12, np.int64))
    assert grid(images, 2, 2)[::3, ::3, 0].tolist() == [[0, 1], [2, 3]]  # images 0, 3, 7 and 11 of 12
    large = enlarged(grid(images, 2, 2), 20)
    assert large.shape == (20, 20, 2)
    assert large[0, :, 1].tolist() == [255] * 8 + [0] * 4 + [255] * 8  # nothing is between two images
    assert (large == grid(images, 2, 2)[np.arange(20)[:, None] // 4, np.arange(20) // 4]).all()
    tree.report()
    written = np.asarray(Image.open(tree.reports / "real.png"))
    assert (written == enlarged(grid(Images.load(tree.data / "images" / "reference")))).all()


def test_a_picture_in_the_page_keeps_to_its_limit() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 3, 32, 32)).astype(np.uint8)
    images = Images(noise, np.zeros(64, np.int64))
    small, large = inline(images, 8, 8, 30_000), inline(images, 8, 8, 1_000_000)
    assert len(small.uri) < 4 / 3 * 30_000 + 100
    assert large.uri.startswith("data:image/png")
    assert (large.width, large.height) == (8 * 33 - 1, 8 * 33 - 1)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8))
def test_ticks_are_round_evenly_spaced_and_inside(low: float, span: float, count: int) -> None:
    axis = Axis(low, low + span, 0.0, 300.0)
    ticks = axis.ticks(count)
    places = [place for place, _ in ticks]
    assert all(-0.1 <= place <= 300.1 for place in places)
    assert np.allclose(np.diff(places), np.diff(places)[:1], atol=0.21)  # positions are rounded to tenths
    assert count / 2.5 - 1 <= len(ticks) <= count + 1


@given(places=st.lists(st.floats(0, 300), min_size=1, max_size=20), gap=st.floats(1, 15))
def test_names_are_apart_and_above_the_end_and_stay_where_there_is_room(places: list[float], gap: float) -> None:
    ends = sorted(places)
    moved = spaced(ends, gap, 300.0)
    assert all(below - above >= gap - 1e-9 for above, below in pairwise(moved))
    assert len(moved) == len(ends) and moved[-1] <= 300
    assert spaced(moved, gap, 300.0) == pytest.approx(moved)


def test_the_terminal_table_imports_nothing_heavy() -> None:
    code = "import sys, genbench.report.terminal; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "torch", "matplotlib", "pandas", "jinja2", "PIL"} & set(loaded)


def test_the_page_of_a_hundred_runs_stays_below_five_megabytes(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "model"), (0, 1, 2, 3, 4), shape=(3, 32, 32))
    records = {seed: tree.record("model", seed).read_text() for seed in tree.seeds}
    for run in (f"model_{i}" for i in range(98)):  # other names for the same files: writing them takes longest
        for part in ("weights", "samples", "features", "costs", "likelihood"):
            (tree.data / part / run).symlink_to(tree.data / part / "model")
        for seed, text in records.items():
            tree.record(run, seed).parent.mkdir(exist_ok=True)
            tree.record(run, seed).write_text(text.replace('"run": "model"', f'"run": "{run}"'))
        tree.runs[run] = tree.runs["model"]
    assert len(tree.report()["rows"]) == 100
    assert 1_000_000 < (tree.reports / "index.html").stat().st_size < 5_000_000


def test_likelihoods_carry_their_kind_and_are_ranked_within_it(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "noise", "wgan_gp", "vae", "gan"), (0, 1, 2))
    for seed, bits in enumerate((1.5, 1.55, 1.6)):  # a second lower bound, which is better
        write_json(
            tree.data / "likelihood" / "gan" / f"{seed}.json",
            {"bits_per_dimension": bits, "kind": "lower bound", "method": "ELBO", "n": 70, "draws": 16},
        )
    board = tree.report()
    assert board["likelihood"] == {"n": 70, "draws": 16, "best": {"lower bound": ["gan"], "estimate": ["wgan_gp"]}}
    said = row_of(board, "gan")["likelihood"]
    assert said is not None
    assert (said["kind"], said["method"]) == ("lower bound", "ELBO")
    assert said["mean"] == pytest.approx(1.55)
    assert said["sd"] == pytest.approx(0.05)
    shown = {run: cells[-1] for run, cells in markdown_rows(tree).items() if len(cells) == 6}
    assert shown["gan"] == "↓ ≤ 1.550 [0.050]"
    assert shown["vae"].startswith("≤ 2.0")
    assert shown["wgan_gp"].startswith("↓ ≈ "), "the only one of its kind"
    assert shown["noise"][0] == "2" or shown["noise"][0] == "1"
    assert shown["held_out"] == "–"
    page = (tree.reports / "index.html").read_text()
    assert "bits/dim" in page
    for made in (page, (tree.reports / "leaderboard.md").read_text()):
        assert "≤ marks an upper bound of the bits, from a lower bound of the likelihood" in made


def test_a_leaderboard_without_likelihoods_has_no_column_for_them(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "gan"))
    assert tree.report()["likelihood"] is None
    assert "bits" not in (tree.reports / "leaderboard.md").read_text()
    assert "bits" not in (tree.reports / "leaderboard.csv").read_text()


def change_likelihood(tree: Tree, run: str, seed: int, **changed: Any) -> Path:
    path = tree.data / "likelihood" / run / f"{seed}.json"
    path.write_text(json.dumps(read_json(path) | changed))
    return path


@pytest.mark.parametrize(("field", "value"), [("n", 10), ("draws", 1), ("kind", "exact"), ("method", "ELBO")])
def test_two_protocols_of_likelihood_are_refused_by_field_and_files(tree: Tree, field: str, value: Any) -> None:
    changed = change_likelihood(tree, "wgan_gp", 1, **{field: value})
    with pytest.raises(InputError, match=f"one column of likelihoods holds one protocol, but {field} differs") as error:
        tree.report()
    assert str(changed) in str(error.value)
    assert not tree.reports.exists()


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_likelihood_that_one_seed_lacks_is_a_dash_not_that_of_the_others(tree: Tree, missing: float | None) -> None:
    change_likelihood(tree, "vae", 1, bits_per_dimension=missing)
    board = tree.report()
    row = row_of(board, "vae")
    assert row["likelihood"] is None
    assert [cell["bits_per_dimension"] is None for cell in row["cells"]] == [False, True]
    assert markdown_rows(tree)["vae"][-1] == "–"
    assert "bits_per_dimension" not in read_json(tree.reports / "summary.json")["vae"]


def test_best_weights_that_one_seed_lacks_are_a_dash_and_a_diverged_seed_has_none(tree: Tree) -> None:
    for run in ("vae", "gan", "wgan_gp"):
        for seed in tree.seeds:
            change(tree, run, seed, best={"fid": 50.0 + seed}, best_step=100)
    change(tree, "vae", 1, best={"fid": None})
    diverge(tree, "gan", 1)
    change(tree, "gan", 1, best=None, best_step=None)
    board = tree.report()
    found = {run: row_of(board, run)["scores"]["classifier"]["fid_best"] for run in ("vae", "gan", "wgan_gp")}
    assert found["vae"] == {"mean": None, "draw": None, "sd": None, "n": 1}
    assert found["gan"] == {"mean": 50.0, "draw": None, "sd": None, "n": 1}
    assert found["wgan_gp"]["mean"] == 50.5
    assert board["best"]["classifier"]["fid_best"] == ["wgan_gp"]
    assert "fid_best" not in read_json(tree.reports / "summary.json")["vae"]
    assert "50.00 (1 of 2 seeds)" in markdown_rows(tree)["gan"]

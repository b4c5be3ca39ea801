"""Published numbers: each has a source, and stands beside a row's own only where the two may be compared."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from genbench.errors import InputError
from genbench.files.atomic import read_json, write_json
from genbench.find import members
from genbench.pipeline.catalogue import RUNS, Catalogue
from genbench.report import published
from genbench.report.latex import escape
from genbench.report.leaderboard import Leaderboard, Published
from genbench.report.published import HEADS, others, printed, table, values
from genbench.report.references import short, works
from tests.report.test_report import change
from tests.support.report_tree import Tree, write_tree

NAMES = ("held_out", "nsgan", "wgan_gp", "ddpm", "realnvp")
INCEPTION: dict[str, Any] = {
    "extractor": "inception",
    "protocol__extractor": "inception",
    "protocol__resize": "bicubic",
}


def made_of(
    tree: Tree, dataset: str, shape: tuple[int, int, int], extractor: str = "inception", levels: int = 256
) -> Leaderboard:
    """The report of a tree whose images and records say that they are of another dataset, size and extractor."""
    about = tree.data / "images" / "about.json"
    write_json(about, read_json(about) | {"dataset": dataset, "shape": list(shape), "levels": levels})
    for run in tree.runs:
        for seed in tree.seeds:
            change(tree, run, seed, protocol__dataset=dataset)
            if extractor == "inception":
                change(tree, run, seed, **INCEPTION)
                tree.record(run, seed).rename(tree.record(run, seed, extractor))
    if extractor == "inception":
        tree.rename_ruler(extractor)
    write_json(tree.data / "reference" / extractor / "floor.json", {})
    return tree.report(extractors=[extractor])


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = write_tree(tmp_path, NAMES, count=12, shape=(3, 32, 32))
    for run, bits in {"realnvp": 3.7, "ddpm": 4.0}.items():
        for seed in made.seeds:
            said = {"bits_per_dimension": bits, "kind": "lower bound", "method": "ELBO", "n": 12, "draws": 16}
            write_json(made.data / "likelihood" / run / f"{seed}.json", said)
    return made


def number_of(board: Leaderboard, method: str, metric: str) -> Published:
    return next(one for one in board["published"] if one["method"] == method and one["metric"] == metric)


@pytest.mark.parametrize("value", values(), ids=lambda value: f"{value.method}-{value.metric}-{value.dataset}")
def test_every_line_has_a_source_and_names_what_there_is(value: published.Value) -> None:
    work = works()[value.source]
    assert value.where
    assert work.arxiv or work.booktitle or work.journal or work.howpublished
    assert not value.run or value.run in Catalogue(RUNS)
    ours = {name.removesuffix("_official") for name in members("datasets")}
    assert value.dataset in ours | {"mnist_fixed_bits"}, "of which there are published numbers alone"
    likelihood = value.metric in (published.BITS, published.NATS)
    assert (value.extractor in members("extractors")) == (not likelihood)
    assert bool(value.kind) == likelihood
    assert 0 < float(value.value) < (12 if value.metric == "inception_score" else 200)


def test_numbers_of_one_dataset_and_extractor_stand_side_by_side_with_what_differs(tree: Tree) -> None:
    board = made_of(tree, "cifar10_official", (3, 32, 32))
    simple = number_of(board, "DDPM, simple loss", "fid")
    row = next(row for row in board["rows"] if row["run"] == "ddpm")
    assert (simple["value"], simple["own"]) == (3.17, row["scores"]["inception"]["fid"]["mean"])
    assert simple["reasons"] == []
    assert simple["differences"] == [
        "12 generated images here, 50,000 there",
        "12 real images here, 50,000 there",
        "split reference (test images) here, train images there",
        "resizing bicubic here, tf1_bilinear there",
    ]
    tested = number_of(board, "DDPM, simple loss, against test images", "fid")
    assert not any("split" in one for one in tested["differences"])
    miyato = number_of(board, "WGAN-GP, convolutional network", "fid")
    assert "resizing bicubic here, not on record there" in miyato["differences"]
    assert number_of(board, "Real NVP", "bits_per_dimension")["differences"] == ["12 test images here, 10,000 there"]
    assert number_of(board, "Real NVP", "bits_per_dimension")["own"] == pytest.approx(3.7)
    styled = number_of(board, "StyleGAN2 with adaptive augmentation, tuned, unconditional", "fid")
    assert (styled["run"], styled["reasons"]) == ("", ["no row has this method"])


def test_markdown_and_latex_show_both_numbers(tree: Tree) -> None:
    board = made_of(tree, "cifar10", (3, 32, 32))
    markdown = re.sub(" +", " ", (tree.reports / "leaderboard.md").read_text()).replace("\\", "")
    latex = (tree.reports / "leaderboard.tex").read_text()
    lines = table(board)
    assert f"| {' | '.join(HEADS)} |" in markdown
    assert len(lines) == sum(not one["reasons"] for one in board["published"]) > 10
    for line in lines:
        assert f"| {' | '.join(line)} |" in markdown
        assert " & ".join(map(escape, line)) in latex
    ddpm = next(line for line in lines if "3.17" in line[3])
    assert ddpm[:2] == ("ddpm", "FID")
    assert "Ho et al. 2020, table 1" in ddpm[4]
    assert "split reference here, train images there" in ddpm[5]
    assert next(line for line in lines if line[:2] == ("ddpm", "bits/dim"))[3] == "≤ 3.75"
    assert {one["source"] for one in board["published"]} <= set(board["references"])


@pytest.mark.parametrize(
    ("dataset", "shape", "extractor", "reason"),
    [
        ("digits", (3, 32, 32), "inception", "the dataset is cifar10, here it is digits"),
        ("cifar10", (3, 16, 16), "inception", "the images have 32×32 pixels, here 16×16"),
        ("cifar10", (3, 32, 32), "classifier", "the extractor is inception, here classifier"),
    ],
)
def test_what_is_not_comparable_is_listed_with_the_reason(
    tree: Tree, dataset: str, shape: tuple[int, int, int], extractor: str, reason: str
) -> None:
    board = made_of(tree, dataset, shape, extractor)
    simple = number_of(board, "DDPM, simple loss", "fid")
    assert reason in simple["reasons"]
    assert simple["differences"] == []
    assert not any(line[1] == "FID" for line in table(board))
    why, which = next((why, which) for why, which in others(board) if reason in why)
    assert "DDPM, simple loss: FID 3.17 (Ho et al. 2020, table 1)" in which
    assert reason in (tree.reports / "leaderboard.md").read_text()


def test_a_row_without_the_number_has_none_beside_the_published_one(tree: Tree) -> None:
    for seed in tree.seeds:
        write_json(tree.data / "likelihood" / "realnvp" / f"{seed}.json", None)
    board = made_of(tree, "cifar10", (3, 32, 32))
    assert number_of(board, "Real NVP", "bits_per_dimension")["reasons"] == ["the row lacks this number"]


def test_numbers_are_printed_as_their_papers_do(tree: Tree) -> None:
    board = made_of(tree, "cifar10", (3, 32, 32))
    assert printed(number_of(board, "WGAN-GP, convolutional network", "inception_score")) == "6.68 ± 0.06"
    assert short(works()["vandenoord2016"].reference()) == "van den Oord et al. 2016"
    assert short(works()["song2019"].reference()) == "Song and Ermon 2019"


def test_a_fault_in_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = published.FILE.read_text().splitlines()
    path = tmp_path / "published.csv"
    monkeypatch.setattr(published, "FILE", path)
    path.write_text("\n".join([*text[:2], text[2].replace("36.9", "low")]))
    with pytest.raises(InputError, match=r"published.csv: line 3:.*value"):
        published.values.__wrapped__()
    path.write_text("method,value\na,1\n")
    with pytest.raises(InputError, match=r"published.csv: expected the columns method, run"):
        published.values.__wrapped__()


def test_nats_of_resampled_bits_are_compared_and_those_of_fixed_bits_are_not(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "vae_bits", "iwae_50_bits"), count=12, shape=(1, 28, 28))
    for run, bits in {"vae_bits": 0.16, "iwae_50_bits": 0.15}.items():
        for seed in tree.seeds:
            said = {"bits_per_dimension": bits, "kind": "lower bound", "method": "IWAE", "n": 10_000, "draws": 16}
            write_json(tree.data / "likelihood" / run / f"{seed}.json", said)
    board = made_of(tree, "mnist_bits_official", (1, 28, 28), "classifier", levels=2)
    lines = {(run, number): (here, there) for run, number, here, there, *_ in table(board)}
    assert lines == {
        ("vae_bits", "nats an image"): (f"{0.16 * math.log(2) * 784:.2f}", "≤ 86.76"),
        ("iwae_50_bits", "nats an image"): (f"{0.15 * math.log(2) * 784:.2f}", "≤ 84.78"),
    }
    ((reason, numbers),) = [pair for pair in others(board) if "87.10" in pair[1]]
    assert "the dataset is mnist_fixed_bits, here it is mnist_bits" in reason
    assert {"89.9", "85.57", "87.10"} <= set(re.findall(r"\d+\.\d+", numbers))
    page = (tree.reports / "index.html").read_text(encoding="utf-8")
    assert f"≤ {0.16 * math.log(2) * 784:.2f} nats an image" in page

"""A report of pairs: what it says of them, its pictures, and the pairs at both ends of a metric."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genbench.data import sides
from genbench.data.images import Images
from genbench.errors import InputError
from genbench.files.atomic import read_json, write_json, write_text
from genbench.metrics import Column
from genbench.report import pairs
from genbench.report.caption import caption, lead
from genbench.report.grids import Picture
from tests.support.report_tree import COLUMNS, Tree, write_tree

COUNT, SHAPE = 70, (1, 8, 8)
SAID = "Drawn by somebody, CC-BY 4.0\n"
MAE = Column("MAE", "lower", 0.0, 1.0, "Blurred images beat sharp ones.", everywhere=True)
SCORES = np.random.default_rng(3).permutation(COUNT) / COUNT


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Three runs on pairs by inversion, one of which translates back; pair i has the score SCORES[i]."""
    tree = write_tree(tmp_path_factory.mktemp("pairs"), ("held_out", "gan", "vae"), shape=SHAPE, count=COUNT)
    images = tree.data / "images"
    about = read_json(images / "about.json")
    write_json(images / "about.json", about | {"counts": {"reference": COUNT, "held_out": COUNT}})
    targets = Images.load(images / "reference")
    targets.save(images / "held_out")
    inverted = Images(255 - targets.pixels, targets.labels)
    pair = sides.Sides(inverted, targets)
    sides.save(images, {"held_out": pair, "train": pair}, {"name": "invert", "strength": 1})
    write_text(images / "ATTRIBUTION.txt", SAID)
    for run in tree.runs:
        for seed in tree.seeds:
            record = read_json(tree.record(run, seed))
            record["metrics"]["mae"] = float(SCORES.mean())
            record["blocks"] = {"fid": [record["metrics"]["fid"]], "mae": SCORES.tolist()}
            write_json(tree.record(run, seed), record)
    inverted.save(tree.data / "samples" / "gan" / "0" / "final-cycle")
    return tree


def opened(picture: Picture) -> np.ndarray:
    """Decode a picture of a page to its grey values."""
    content = base64.b64decode(picture.uri.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"))


def test_pairs_stand_below_each_other(tree: Tree) -> None:
    board = tree.report(columns=COLUMNS | {"mae": MAE})
    outputs = Images.load(tree.data / "samples" / "gan" / "0" / "final")
    loaded = pairs.load(tree.data / "images")
    assert loaded is not None
    parts = pairs.parts(loaded, outputs, tree.data / "samples" / "gan" / "0" / "final")
    whole = pairs.arranged(parts)
    chosen = np.linspace(0, COUNT - 1, 16).astype(int)
    for column, pair in enumerate(chosen[:8]):
        lines = [whole.pixels[8 * line + column] for line in range(4)]
        for image, part in zip(lines, parts, strict=True):
            assert np.array_equal(image, part.pixels[pair])
    found = pairs.translated(board, "gan", 0, parts, tree.data / "metrics", 10**6)
    assert found.lines == "the source, the output, the truth and the output translated back"
    (ends,) = found.extremes
    order = np.argsort(SCORES)
    assert ends.best_values == ", ".join(f"{score:.3f}" for score in SCORES[order[:4]])
    assert ends.worst_values == ", ".join(f"{score:.3f}" for score in SCORES[order[::-1][:4]])
    assert np.array_equal(opened(ends.best)[9:17, :8], outputs.pixels[order[0], 0]), "the best pair's output"
    assert np.array_equal(opened(ends.worst)[18:26, :8], loaded.targets.pixels[order[-1], 0]), "the worst pair's truth"


def test_every_file_with_images_says_whose_they_are(tree: Tree) -> None:
    board = tree.report(columns=COLUMNS | {"mae": MAE})
    text = SAID.strip()
    assert text in (tree.reports / "index.html").read_text(encoding="utf-8")
    assert text in (tree.reports / "leaderboard.md").read_text(encoding="utf-8")
    assert (tree.reports / "grids" / "ATTRIBUTION.txt").read_text(encoding="utf-8") == SAID
    said = dict(caption(board))
    assert said["Attribution"] == text
    assert said["Pairs"].startswith("Sources are made of their targets by invert (strength 1), 8×8 grey images. Each")
    assert lead(board).startswith("This table compares 2 translations, each trained with 2 seeds,")


def test_a_report_without_pairs_says_nothing_of_them(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "gan"))
    board = tree.report()
    assert read_json(tree.reports / "leaderboard.json")["pairs"] is None
    assert not (tree.reports / "grids" / "ATTRIBUTION.txt").exists()
    assert not {"Pairs", "Attribution"} & dict(caption(board)).keys()
    assert "extremes" not in (tree.reports / "index.html").read_text(encoding="utf-8").partition("</style>")[2]


def test_a_column_of_every_extractor_is_a_headline_under_the_second_one(tree: Tree) -> None:
    for run in tree.runs:
        for seed in tree.seeds:
            record = read_json(tree.record(run, seed)) | {"extractor": "pixels"}
            record["protocol"] |= {"extractor": "pixels"}
            write_json(tree.record(run, seed, "pixels"), record)
    write_json(tree.data / "reference" / "pixels" / "floor.json", {})
    board = tree.report(columns=COLUMNS | {"mae": MAE}, extractors=["classifier", "pixels"])
    shown = {(each["extractor"], each["metric"]) for each in board["columns"] if each["headline"]}
    assert ("pixels", "mae") in shown
    assert ("pixels", "precision") not in shown


def test_fewer_outputs_than_sources_are_refused(tree: Tree) -> None:
    loaded = pairs.load(tree.data / "images")
    assert loaded is not None
    with pytest.raises(InputError, match="expected 70 images, one of each source, got 5$"):
        pairs.parts(loaded, loaded.targets[:5], Path("final"))

"""Pairs in the pipeline: what stages make of them, and that a benchmark without them is as it was."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genbench.data import prepared, sides
from genbench.data.splits import SPLITS
from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.pipeline import params, profiles
from genbench.pipeline.check import check
from genbench.pipeline.fingerprint import fingerprints
from genbench.pipeline.known import known
from stages import evaluate, extractor, features, fingerprint, prepare, reference, sample, train
from tests.support.clone import ROOT, change, copy_params

ROWS = ["truth", "shuffled_truth", "identity", "nearest_pair"]
SCORES: dict[str, dict[str, Any]] = {
    name: {} for name in ("mae", "psnr", "ssim", "perceptual_distance", "twin_retrieval", "class_kept", "cycle_error")
}
IMAGES = Path("data/digits/images")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the project's params.yaml, in which stages run."""
    copy_params(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written() -> dict[str, bytes]:
    return {str(file.relative_to(IMAGES)): file.read_bytes() for file in IMAGES.rglob("*") if file.is_file()}


def test_paired_images_are_the_same_files_with_sources_beside_them(project: Path) -> None:
    prepare.main()
    alone = written()
    change(project, data={"pairing": "invert"})
    prepare.main()
    both = written()
    assert {name: both[name] for name in alone} == alone
    sources = {f"{split}/sources/{file}.npy" for split in SPLITS for file in ("pixels", "labels")}
    assert both.keys() - alone.keys() == {"sides.json", *sources}
    for split in SPLITS:
        pair = sides.load(IMAGES, split)
        assert pair.paired
        assert np.array_equal(255 - pair.sources.pixels, pair.targets.pixels)


def test_no_side_of_an_unpaired_train_has_its_twin_on_disk(project: Path) -> None:
    change(project, data={"pairing": {"name": "rotate", "turns": 2}, "paired": False})
    whole = known(params.load())
    prepare.main()
    train = sides.load(IMAGES, "train")
    assert (len(train.sources), len(train.targets), train.paired) == (448, 449, False)
    upright = {image.tobytes() for image in train.sources.pixels[:, :, ::-1, ::-1]}
    assert not upright & {image.tobytes() for image in train.targets.pixels}
    assert whole.counts == prepared.load_about(IMAGES).counts, "as they were foretold"
    assert sides.load(IMAGES, "held_out").paired


def test_the_code_of_the_pairing_that_is_named_is_a_dependency_of_prepare_alone() -> None:
    without = params.load(ROOT / "params.yaml")
    data = without.data.model_copy(update={"pairing": {"name": "edges", "threshold": None}})
    before = fingerprints(ROOT, without)
    after = fingerprints(ROOT, without.model_copy(update={"data": data}))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"stages/prepare.json"}
    assert "genbench.data.pairings.edges" in after["stages/prepare.json"].keys() - before["stages/prepare.json"].keys()


def test_a_profile_with_pairs_leaves_nothing_behind(project: Path) -> None:
    shutil.copytree(ROOT / "profiles", project / "profiles")
    before = Path("params.yaml").read_text(encoding="utf-8")
    Path("profiles/pairs.yaml").write_text("data: {pairing: {name: edges}, paired: false}\n", encoding="utf-8")
    profiles.use("pairs")
    assert params.load().data.pairing == {"name": "edges"}
    assert not params.load().data.paired
    profiles.use("digits")
    assert Path("params.yaml").read_text(encoding="utf-8") == before


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Score translations that learn nothing under two extractors; the folder of their records."""
    folder = tmp_path_factory.mktemp("translated")
    copy_params(folder)
    split = {"train": 200, "validation": 20, "reference": 40, "held_out": 80}
    change(folder, data={"pairing": "invert", "split": split}, enabled=ROWS, seeds=[0], metrics=SCORES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fingerprint.main()
        prepare.main()
        for name in ("classifier", "pixels"):
            extractor.main(name)
            reference.main(name)
        for run in ROWS:
            train.main(run, 0)
            sample.main(run, 0)
            for name in ("classifier", "pixels"):
                features.main(run, 0, name)
                evaluate.main(run, 0, name)
        yield Path("data/digits/metrics")


def numbers(metrics: Path, run: str, extractor: str, kind: str = "metrics") -> dict[str, Any]:
    found: dict[str, Any] = read_json(metrics / run / f"0-{extractor}.json")[kind]
    return found


def test_the_truth_has_the_best_scores_of_pairs_and_a_shuffle_of_it_the_same_ones_of_sets(metrics: Path) -> None:
    truth, shuffled = (numbers(metrics, run, "pixels") for run in ("truth", "shuffled_truth"))
    assert (truth["mae"], truth["ssim"], truth["twin_retrieval"]) == (0, 1, 1)
    assert truth["psnr"] == pytest.approx(10 * math.log10(255**2 * 12))
    assert shuffled["mae"] > 0.05
    assert shuffled["twin_retrieval"] < 0.2
    blocks = [numbers(metrics, run, "classifier", "blocks")["fid"] for run in ("truth", "shuffled_truth")]
    assert [len(each) for each in blocks] == [2, 2], "80 outputs against 40 images of the split reference"


def test_scores_of_pairs_are_means_over_pairs_with_their_standard_errors(metrics: Path) -> None:
    pair = sides.load(Path("data/digits/images"), "held_out")
    outputs = np.load("data/digits/samples/identity/0/final/pixels.npy").astype(float)
    each = np.abs(outputs - pair.targets.pixels).mean(axis=(1, 2, 3)) / 255
    assert numbers(metrics, "identity", "pixels", "blocks")["mae"] == pytest.approx(each.tolist())
    assert numbers(metrics, "identity", "pixels")["mae"] == pytest.approx(each.mean())
    assert numbers(metrics, "identity", "pixels", "draw")["mae"] == pytest.approx(each.std(ddof=1) / math.sqrt(80))


def test_each_extractor_gives_the_scores_that_it_can(metrics: Path) -> None:
    seen = numbers(metrics, "nearest_pair", "classifier")
    assert {"perceptual_distance", "class_kept", "twin_retrieval"} == seen.keys() & SCORES.keys()
    in_pixels = numbers(metrics, "nearest_pair", "pixels")
    assert SCORES.keys() - in_pixels.keys() == {"class_kept", "cycle_error"}
    assert seen["class_kept"] > 0.7, "the nearest negative is of the same digit, for the most part"


def refusal(project: Path, **sections: Any) -> str:
    """Change params.yaml and return the line by which `genbench check` refuses it."""
    change(project, **sections)
    with pytest.raises(InputError) as caught:
        check(params.load())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_metric_of_pairs_is_refused_without_pairs(project: Path) -> None:
    assert refusal(project, metrics={"psnr": {}}) == (
        "metrics.psnr: expected a dataset of pairs, for it compares translations with their true targets; "
        "data.pairing makes them"
    )


def test_a_row_that_translates_nothing_is_refused_where_there_are_pairs(project: Path) -> None:
    assert refusal(project, data={"pairing": "edges"}, enabled=["identity", "vae"]) == (
        "runs/vae.yaml: train.model: expected one that translates, for the dataset has pairs (data.pairing); vae draws "
        "images of no source"
    )


def test_a_split_of_sources_that_is_no_whole_number_of_blocks_is_refused(project: Path) -> None:
    split = {"train": 400, "validation": 20, "reference": 100, "held_out": 150}
    assert refusal(project, data={"pairing": "edges", "split": split}, enabled=["identity"]) == (
        "data.split.held_out: expected 100 images, as many as the split reference has, or a multiple of it, for each "
        "is translated once; got 150"
    )
    split["held_out"] = 200
    change(project, data={"split": split}, metrics=SCORES)
    check(params.load())

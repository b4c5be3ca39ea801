"""Pairs in the pipeline: what the stage prepare makes of them, and that a benchmark without them is as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from genbench.data import prepared, sides
from genbench.data.splits import SPLITS
from genbench.pipeline import params, profiles
from genbench.pipeline.fingerprint import fingerprints
from genbench.pipeline.known import known
from stages import prepare
from tests.support.clone import ROOT, change, copy_params

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

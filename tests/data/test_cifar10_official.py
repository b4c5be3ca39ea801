"""CIFAR-10 by a published protocol: the splits, and that the profile says what compare_gan does."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from genbench.data.datasets import Dataset, cifar10, cifar10_official
from genbench.data.images import Images
from genbench.errors import InputError
from genbench.pipeline import params, profiles
from genbench.pipeline.check import check
from tests.support.clone import ROOT, copy_versions

SHARES = {"train": 39000, "validation": 1000, "reference": 10000, "held_out": 10000}


@pytest.fixture(scope="module")
def numbered() -> Dataset:
    """60,000 images of four bytes, which are their number; labels as in CIFAR-10: as many of each in either batch."""
    rng = np.random.default_rng(0)
    labels = np.concatenate([rng.permutation(np.arange(50000) % 10), rng.permutation(np.arange(10000) % 10)])
    pixels = np.arange(60000, dtype=">u4").view(np.uint8).reshape(-1, 1, 2, 2)
    return Dataset(Images(pixels, labels), cifar10.CLASSES, 256)


def numbers(images: Images) -> np.ndarray:
    return np.ascontiguousarray(images.pixels).reshape(-1).view(">u4")


def test_the_reference_is_the_test_batch_and_no_other_split_has_an_image_of_it(numbered: Dataset) -> None:
    splits = cifar10_official.split(numbered, SHARES, np.random.default_rng(1))
    assert {name: len(images) for name, images in splits.items()} == SHARES
    assert numbers(splits["reference"]).tolist() == list(range(50000, 60000))
    others = np.concatenate([numbers(splits[name]) for name in ("train", "validation", "held_out")])
    assert sorted(others) == list(range(50000))


def test_the_other_splits_are_stratified_and_shuffled(numbered: Dataset) -> None:
    uneven = {**SHARES, "train": 30003, "validation": 995, "held_out": 7777}
    splits = cifar10_official.split(numbered, uneven, np.random.default_rng(1))
    for images in splits.values():
        assert (images.labels == numbered.images.labels[numbers(images)]).all()
        counts = np.bincount(images.labels, minlength=10)
        assert counts.max() - counts.min() <= 1
        assert len(set(images.labels[:10].tolist())) < 10, "an order that goes through the classes in turn"
    again = cifar10_official.split(numbered, uneven, np.random.default_rng(1))
    assert all((numbers(again[name]) == numbers(splits[name])).all() for name in splits)
    other = cifar10_official.split(numbered, uneven, np.random.default_rng(2))
    assert set(numbers(other["train"])) != set(numbers(splits["train"]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": 5000}, "10000 of them in reference"),
        ({"train": 0.5}, "numbers of images"),
        ({"held_out": 0}, "numbers of images"),
        ({"train": 39001}, "need 50001 of 50000 training images"),
    ],
)
def test_other_sizes_are_refused(numbered: Dataset, change: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        cifar10_official.split(numbered, {**SHARES, **change}, np.random.default_rng(0))


def test_the_profile_is_the_protocol_of_compare_gan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    copy_versions(tmp_path)
    for folder in ("profiles", "runs", "data/source"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    profiles.use("cifar10_inception")
    p = params.load()
    check(p)
    assert p.dataset == "cifar10_official"
    assert p.extractors == ["inception"]
    assert p.extractor["inception"]["resize"] == "tf1_bilinear"
    assert p.data.split["reference"] == p.data.split["held_out"] == 10000
    assert (p.sampling.blocks, p.sampling.weights) == (1, "raw")
    assert "fid" in p.metrics

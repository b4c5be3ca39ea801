"""Datasets that are drawn from teachers."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from genbench.data import prepared
from genbench.data.datasets import Dataset, _known, digits, known_digits, known_digits_mixture
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.splits import SPLITS
from genbench.data.teachers import of
from genbench.errors import InputError
from genbench.metrics.fid import floor
from genbench.metrics.numerics.gaussians import frechet_distance, gaussian

SIZES = {"train": 60, "validation": 20, "reference": 41, "held_out": 30}
every_dataset = pytest.mark.parametrize("module", [known_digits, known_digits_mixture])


def load(module: ModuleType) -> Dataset:
    dataset: Dataset = module.load(source=Path(), size=None)
    return dataset


def drawn(module: ModuleType, seed: int = 0, **sizes: int) -> dict[str, Images]:
    splits: dict[str, Images] = module.split(load(module), SIZES | sizes, np.random.default_rng(seed))
    return splits


@every_dataset
def test_splits_are_fresh_images_with_the_teachers_classes(module: ModuleType) -> None:
    splits, teacher = drawn(module), module.teacher()
    assert list(splits) == list(SPLITS)
    assert {name: len(images) for name, images in splits.items()} == SIZES
    for name, images in splits.items():
        counts = np.bincount(images.labels, minlength=10)
        assert (np.abs(counts - SIZES[name] * teacher.shares) < 1).all(), "stratified"
        assert (np.diff(images.labels) < 0).any(), "shuffled"
        assert np.isfinite(teacher.log_probability(images.pixels)).all(), "on the grey levels"
    every = np.concatenate([images.pixels for images in splits.values()]).reshape(-1, 64)
    assert len(np.unique(every, axis=0)) == sum(SIZES.values())
    own = np.concatenate([images.labels for images in splits.values()])
    found = np.concatenate([teacher.posterior(images.pixels).argmax(axis=1) for images in splits.values()])
    assert (found == own).mean() > 0.9, "a label is its image's"


@every_dataset
def test_a_seed_gives_the_same_bytes_and_another_others(module: ModuleType) -> None:
    one, again, other = drawn(module), drawn(module), drawn(module, seed=1)
    for name in SPLITS:
        assert one[name].pixels.tobytes() == again[name].pixels.tobytes()
        assert one[name].labels.tobytes() == again[name].labels.tobytes()
        assert one[name].pixels.tobytes() != other[name].pixels.tobytes()


def test_fresh_images_score_the_floor() -> None:
    """The floor compares halves of both real splits; ten draws of the teacher are as far from the reference."""
    splits = drawn(known_digits_mixture, reference=1500, held_out=1500)
    pool = np.concatenate([splits[name].pixels.reshape(-1, 64) for name in ("reference", "held_out")])
    labels = np.concatenate([splits[name].labels for name in ("reference", "held_out")])
    floors = floor(Features(pool / 255, labels=labels), resplits=10, rng=np.random.default_rng(0))
    reference = gaussian(pool[:1500] / 255)
    fresh = [known_digits_mixture.teacher().sample(1500, np.random.default_rng(seed)).pixels for seed in range(10)]
    scores = [frechet_distance(reference, gaussian(images.reshape(-1, 64) / 255)) for images in fresh]
    error = np.hypot(np.std(scores), np.std(floors)) / math.sqrt(10)
    assert abs(np.mean(scores) - np.mean(floors)) < 3 * error
    assert np.mean(scores) < 0.05


@every_dataset
def test_prepared_folders_hold_what_was_drawn(module: ModuleType, tmp_path: Path) -> None:
    splits = drawn(module)
    about = prepared.save(tmp_path, module.__name__.rpartition(".")[2], load(module), splits)
    assert (about.shape, about.levels, about.classes) == ((1, 8, 8), digits.LEVELS, tuple("0123456789"))
    assert about.counts == SIZES
    assert (prepared.load_split(tmp_path, "held_out").pixels == splits["held_out"].pixels).all()
    assert of(about.dataset) is not None


@every_dataset
def test_sizes_that_cannot_be_drawn_are_refused(module: ModuleType) -> None:
    dataset, rng = load(module), np.random.default_rng(0)
    for size in (0.5, 0, -3, True, None, 10**6 + 1, 10**30):
        expected = rf"^data.split.train: expected a number of images to draw, 1 to 1000000, got {size}$"
        with pytest.raises(InputError, match=expected):
            module.split(dataset, SIZES | {"train": size}, rng)
    with pytest.raises(InputError, match="^unknown split 'test'"):
        module.split(dataset, SIZES | {"test": 3}, rng)
    with pytest.raises(InputError, match=r"^data.pixels: expected 8, .* got 16$"):
        module.load(source=Path(), size=16)
    with pytest.raises(InputError, match=r"^data.channels: expected 1, .* got 3$"):
        module.load(source=Path(), size=8, channels=3)


def test_labels_are_allotted_by_largest_remainders() -> None:
    assert list(np.bincount(_known.stratified(10, np.array([0.5, 0.3, 0.2])))) == [5, 3, 2]
    assert list(np.bincount(_known.stratified(11, np.array([0.5, 0.3, 0.2])))) == [6, 3, 2]
    assert list(np.bincount(_known.stratified(2, np.array([0.5, 0.3, 0.2])))) == [1, 1]

"""Translations that learn nothing: what each gives, and where the scores of pairs put it."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.images import Images
from genbench.data.pairings import pairing
from genbench.data.sides import Sides
from genbench.errors import InputError
from genbench.metrics.twins.features import twin_found
from genbench.metrics.twins.images import mean_absolute_error
from genbench.models.bases.translations import identity, nearest_pair, shuffled_truth, truth


def made(name: str, n: int, seed: int, shape: tuple[int, int, int] = (1, 4, 4)) -> Sides:
    targets = Images(np.random.default_rng(seed).integers(256, size=(n, *shape), dtype=np.uint8), np.zeros(n, np.int64))
    return Sides(pairing(name, shape).sources(targets), targets)


def vectors(pixels: np.ndarray) -> np.ndarray:
    return pixels.reshape(len(pixels), -1)


def test_the_identity_keeps_pixels_in_any_channels() -> None:
    sides = made("grey_to_colour", 5, 0, (3, 4, 4))
    sources = sides.sources.pixels
    assert identity(sources, channels=1) is sources
    coloured = identity(sources, channels=3)
    assert (coloured == sources).all()
    assert coloured.shape == sides.targets.pixels.shape
    assert np.array_equal(identity(coloured, channels=1), sources), "the luma of equal channels is theirs"


def test_the_nearest_pair_is_the_truth_on_training_sources() -> None:
    train = made("invert", 700, 1)
    assert np.array_equal(nearest_pair(train.sources.pixels, train), train.targets.pixels)


def test_the_nearest_pair_is_by_sources_and_the_first_of_equal_ones() -> None:
    sources = np.array([0, 100, 100, 200], np.uint8).reshape(4, 1, 1, 1)
    targets = np.array([9, 8, 7, 6], np.uint8).reshape(4, 1, 1, 1)
    train = Sides(Images(sources, np.zeros(4, np.int64)), Images(targets, np.zeros(4, np.int64)))
    asked = np.array([149, 151, 20, 50], np.uint8).reshape(4, 1, 1, 1)
    assert nearest_pair(asked, train).ravel().tolist() == [8, 6, 9, 9]


def test_what_the_nearest_pair_cannot_use_is_refused() -> None:
    train = made("invert", 4, 1)
    with pytest.raises(
        InputError, match="nearest_pair: expected pairs, got a train split whose sides are of different"
    ):
        nearest_pair(train.sources.pixels, Sides(train.sources, train.targets, paired=False))
    with pytest.raises(InputError, match=r"nearest_pair: expected sources of \(1, 4, 4\), got \(1, 8, 8\)"):
        nearest_pair(np.zeros((1, 1, 8, 8), np.uint8), train)


def test_the_truth_and_its_shuffle_calibrate_the_scores() -> None:
    """Both are the same set of images; one finds all twins, the other one of them on average."""
    sides = made("invert", 50, 2)
    right = truth(sides)
    assert twin_found(vectors(right), vectors(sides.targets.pixels)).mean() == 1
    assert not mean_absolute_error(right, sides.targets.pixels).any()
    rng = np.random.default_rng(3)
    finds = []
    for _ in range(200):
        shuffled = shuffled_truth(sides, rng)
        assert sorted(map(bytes, shuffled)) == sorted(map(bytes, right))
        finds.append(twin_found(vectors(shuffled), vectors(right)).sum())
    assert np.mean(finds) == pytest.approx(1, abs=4 * np.std(finds) / np.sqrt(200))
    errors = mean_absolute_error(shuffled_truth(sides, rng), right)
    assert errors.mean() == pytest.approx((256**2 - 1) / (3 * 256) / 255, rel=0.05), "of independent uniform levels"

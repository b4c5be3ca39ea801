"""Samples on the page above their nearest training images."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.report.grids import Picture
from genbench.report.nearest import Nearest, bands, find
from tests.support.report_tree import write_tree


def save(path: Path, points: Any) -> None:
    Features(np.array(points, dtype=np.float32)[:, None]).save(path)


def grey(levels: np.ndarray) -> Images:
    """Images of 8×8 pixels, each of one grey level."""
    pixels = np.broadcast_to(levels.astype(np.uint8)[:, None, None, None], (len(levels), 1, 8, 8))
    return Images(np.ascontiguousarray(pixels), np.full(len(levels), -1))


def levels(picture: Picture | str) -> np.ndarray:
    """Read the grey level of each image of a picture, (rows, columns)."""
    uri = picture if isinstance(picture, str) else picture.uri
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))[::9, ::9, 0]


def test_the_unit_is_the_median_distance_of_unseen_images(tmp_path: Path) -> None:
    """Training images at 0, 10, 20; unseen ones 1, 2 and 3 away from them, so that the unit is 2."""
    save(tmp_path / "reference/a/train.npz", [0, 10, 20])
    save(tmp_path / "reference/a/reference.npz", [1, 12, 17])
    save(tmp_path / "features/gan/5-a/final.npz", [11, 4, 99, 20])
    found = find(tmp_path, "a", {"gan": 5}, {"gan": np.array([3, 1, 0])})["gan"]
    assert found.samples.tolist() == [3, 1, 0]
    assert found.training.tolist() == [2, 0, 1]
    assert found.ratios.tolist() == [0, 2, 0.5]


def test_without_an_order_or_a_unit_nothing_is_found(tmp_path: Path) -> None:
    save(tmp_path / "reference/a/train.npz", [0, 10])
    save(tmp_path / "reference/a/reference.npz", [0, 10, 10, 3])
    save(tmp_path / "features/gan/0-a/final.npz", [5])
    assert find(tmp_path, "a", {"gan": 0}, {}) == {}
    assert find(tmp_path, "a", {"gan": 0}, {"gan": np.array([0])}) == {}


def test_bands_hold_every_sample_above_its_training_image() -> None:
    rng = np.random.default_rng(1)
    found = Nearest(rng.permutation(64), rng.permutation(100)[:64], np.arange(64) / 10)
    shown = bands(found, grey(np.arange(64)), grey(100 + np.arange(100)), 60_000)
    pictures = np.stack([levels(band.picture) for band in shown])
    assert pictures[:, 0].ravel().tolist() == found.samples.tolist()
    assert pictures[:, 1].ravel().tolist() == (100 + found.training).tolist()
    assert [ratio for band in shown for ratio in band.ratios] == [f"{i / 10:.2f}" for i in range(64)]


def test_where_bytes_are_few_there_are_fewer_pairs_from_the_first_to_the_last() -> None:
    noise = Images(np.random.default_rng(2).integers(0, 256, (64, 3, 32, 32), dtype=np.uint8), np.full(64, -1))
    found = Nearest(np.arange(64), np.arange(64), np.arange(64.0))
    shown = bands(found, noise, noise, 30_000)
    ratios = [float(ratio) for band in shown for ratio in band.ratios]
    assert 1 <= len(shown) < 8
    assert (ratios[0], ratios[-1]) == (0, 63)
    assert sum(len(band.picture.uri) for band in shown) < 1.4 * 30_000 * 4 / 3


@pytest.mark.parametrize("count", [1, 5, 13])
def test_few_samples_make_whole_bands(count: int) -> None:
    found = Nearest(np.arange(count), np.arange(count), np.ones(count))
    shown = bands(found, grey(np.arange(count)), grey(np.arange(count)), 60_000)
    assert [len(band.ratios) for band in shown] == [min(count, 8)]
    assert levels(shown[0].picture).shape == (2, min(count, 8))


def test_a_copy_stands_above_its_original_on_the_page(tmp_path: Path) -> None:
    """The run copies training images, sample i the training image 69 − i."""
    tree = write_tree(tmp_path, ("held_out", "vae"), (0,), points=20)
    seen = Features.load(tree.data / "reference/classifier/train.npz").vectors
    grey(np.arange(70)).save(tree.data / "images/train")
    grey(69 - np.arange(70)).save(tree.data / "samples/vae/0/final")
    Features(seen[::-1].copy()).save(tree.data / "features/vae/0-classifier/final.npz")
    tree.report()
    text = (tree.reports / "index.html").read_text()
    uris = re.findall(r'<img src="([^"]+)"[^>]*alt="Samples of vae above their nearest training images"', text)
    assert len(uris) == 8
    for uri in uris:
        sample, original = levels(uri)
        assert sample.tolist() == original.tolist()
    assert text.count("<li>0.00</li>") >= 64
    assert "Samples of held_out above their nearest training images" in text

"""Samples on the page in the order of their realism."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.report.realism import orders
from tests.support.report_tree import write_tree


def save(folder: Path, points: list[float], run: str = "") -> None:
    place = folder / "features" / run / "0-pixels" / "final.npz" if run else folder / "reference/pixels/reference.npz"
    Features(np.array(points, dtype=np.float32)[:, None]).save(place)


def test_the_order_is_that_of_the_distance_from_evenly_spread_real_images(tmp_path: Path) -> None:
    """Real points 0 … 9; beyond them realism falls with the distance, and a copy has an infinite one."""
    save(tmp_path, list(range(10)))
    save(tmp_path, [30.0, 5.0, 11.0, 12.5], "a")
    save(tmp_path, [-20.0, -1.5], "b")
    found = {run: order.tolist() for run, order in orders(tmp_path, "pixels", {"a": 0, "b": 0}).items()}
    assert found == {"a": [1, 2, 3, 0], "b": [1, 0]}


def test_equal_images_keep_their_places(tmp_path: Path) -> None:
    save(tmp_path, list(range(10)))
    save(tmp_path, [20.0] * 5, "a")
    assert orders(tmp_path, "pixels", {"a": 0})["a"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("real", [[0.0, 1.0, 2.0], [1.0] * 10])
def test_without_realism_there_is_no_order(tmp_path: Path, real: list[float]) -> None:
    """Fewer real images than k + 1, and copies alone."""
    save(tmp_path, real)
    save(tmp_path, [1.0, 2.0], "a")
    assert orders(tmp_path, "pixels", {"a": 0}) == {}


def test_without_samples_there_is_no_order(tmp_path: Path) -> None:
    save(tmp_path, list(range(10)))
    assert orders(tmp_path, "pixels", {}) == {}


def test_the_grid_of_the_page_begins_with_the_most_realistic(tmp_path: Path) -> None:
    """Seventy images, each of one grey level; the lighter, the nearer to the real ones."""
    tree = write_tree(tmp_path, ("held_out", "vae", "gan"), (0,), points=20)
    levels = np.random.default_rng(0).permutation(70)
    pixels = np.broadcast_to(levels.astype(np.uint8)[:, None, None, None], (70, 1, 8, 8))
    Images(np.ascontiguousarray(pixels), np.full(70, -1)).save(tree.data / "samples/vae/0/final")
    near = np.repeat(300.0 + 2 * (70 - levels[:, None]), 8, axis=1).astype(np.float32)
    Features(near).save(tree.data / "features/vae/0-classifier/final.npz")
    tree.report()
    text = (tree.reports / "index.html").read_text()
    (uri,) = re.findall(
        r'<img src="data:image/png;base64,([^"]+)"[^>]*alt="Samples of vae, [^"]*realistic first"', text
    )
    grid = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri))))[::9, ::9, 0].ravel()
    shown = levels[np.linspace(0, 69, 64).astype(int)]
    assert grid.tolist() == sorted(shown.tolist(), reverse=True)
    assert "The most realistic come first" in text and "features digits classifier." in text

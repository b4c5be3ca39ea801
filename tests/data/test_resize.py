"""The resize against what interpolation theory says of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from genbench.data.resize import resize


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@given(value=st.integers(0, 255), before=st.integers(1, 20), after=st.integers(1, 20))
def test_a_constant_image_stays_constant(value: int, before: int, after: int) -> None:
    """The weights of an interpolation sum to one."""
    resized = resize(np.full((2, 3, before, before), value, np.uint8), after)
    assert resized.shape == (2, 3, after, after)
    assert resized.dtype == np.uint8
    assert (resized == value).all()


def test_stripes_finer_than_the_new_grid_become_grey() -> None:
    """Every second column white: picking columns would give black or white, averaging gives 127.5."""
    stripes = np.zeros((1, 1, 64, 64), np.uint8)
    stripes[..., ::2] = 255
    inside = resize(stripes, 16)[0, 0, :, 2:-2]
    assert np.abs(inside.astype(float) - 127.5).max() <= 1


def test_enlarging_follows_the_cubic_kernel() -> None:
    """Twice as large: new centres lie 1/4 and 3/4 between old ones, and Keys' kernel (a = -1/2) gives the weights."""

    def keys(x: float) -> float:
        x = abs(x)
        return 1.5 * x**3 - 2.5 * x**2 + 1 if x < 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2

    row = np.array([40, 90, 200, 60, 120, 30, 180, 100], np.uint8)
    resized = resize(np.tile(row, (8, 1))[None, None], 16)[0, 0]
    for new in range(4, 12):  # away from the edges, where the kernel is cut off
        centre = (new + 0.5) / 2 - 0.5
        old = np.arange(int(np.floor(centre)) - 1, int(np.floor(centre)) + 3)
        expected = sum(keys(centre - k) * float(row[k]) for k in old)
        assert resized[8, new] == pytest.approx(expected, abs=1)


def test_channels_and_images_are_independent(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (3, 3, 9, 9), np.uint8)
    whole = resize(pixels, 5)
    for n in range(3):
        for c in range(3):
            assert (resize(pixels[n : n + 1, c : c + 1], 5)[0, 0] == whole[n, c]).all()
    colour = Image.fromarray(np.moveaxis(pixels[0], 0, 2)).resize((5, 5), Image.Resampling.BICUBIC)
    assert (np.moveaxis(np.asarray(colour), 2, 0) == whole[0]).all()


def test_a_mirrored_image_gives_the_mirrored_result(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (1, 1, 12, 12), np.uint8)
    assert (resize(pixels[..., ::-1], 8) == resize(pixels, 8)[..., ::-1]).all()


def test_the_right_size_is_left_alone(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (2, 1, 8, 8), np.uint8)
    assert resize(pixels, 8) is pixels

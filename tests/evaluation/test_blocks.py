"""Blocks of generated images: cut without loss, scored one by one, and a standard error that is the draw's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.evaluation.blocks import blocks, draw_errors, means, of_blocks
from genbench.evaluation.scores import evaluate


def features(n: int, seed: int = 0) -> Features:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, 3)).astype(np.float32)
    probs = np.full((n, 2), 0.5, np.float32)
    return Features(vectors, probs, np.arange(n), {"low": vectors[:, :2]})


@given(size=st.integers(1, 9), count=st.integers(1, 6))
def test_blocks_are_disjoint_and_whole(size: int, count: int) -> None:
    whole = features(size * count)
    parts = blocks(whole, size)
    assert [len(part) for part in parts] == [size] * count
    for name in ("vectors", "probs", "labels"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))
    np.testing.assert_array_equal(np.concatenate([part.layers["low"] for part in parts]), whole.layers["low"])


@pytest.mark.parametrize(("n", "size"), [(10, 3), (2, 3), (0, 3)])
def test_what_is_no_number_of_blocks_is_refused(n: int, size: int) -> None:
    with pytest.raises(InputError, match=f"expected blocks of {size} images, as many as real ones; got {n}"):
        blocks(features(n), size)


def test_the_mean_and_error_of_a_known_draw() -> None:
    values = of_blocks(features(6), 2, lambda index, block: {"index": float(index), "n": float(len(block))})
    assert values == {"index": [0.0, 1.0, 2.0], "n": [2.0, 2.0, 2.0]}
    assert means(values) == {"index": 1.0, "n": 2.0}
    assert draw_errors(values) == {"index": pytest.approx(1 / math.sqrt(3)), "n": 0}
    assert draw_errors({"index": [1.0]}) == {"index": None}


def test_a_number_that_one_block_lacks_is_of_no_block() -> None:
    values = of_blocks(features(4), 2, lambda index, block: {"a": 1.0} if index else {"a": 1.0, "b": 1.0})
    assert values == {"a": [1.0, 1.0]}


def scored(real: Features, fake: Features) -> dict[str, float]:
    return evaluate(real=real, fake=fake, metrics={"fid": {}})


def test_the_bias_is_that_of_one_block_and_the_error_shrinks() -> None:
    """FID of equal Gaussians is bias alone: the mean over blocks has that of a block, not that of all images."""
    real, fake = features(100, 1), features(2000, 2)
    values = of_blocks(fake, 100, lambda index, block: scored(real, block))
    whole = scored(real, fake)["fid"]
    error = draw_errors(values)["fid"]
    assert error is not None and error == pytest.approx(np.std(values["fid"], ddof=1) / math.sqrt(20))
    assert means(values)["fid"] > whole + 3 * error


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_error_is_the_spread_over_redraws_against_the_same_real_images_alone(shift: float) -> None:
    """Of 100 redraws of ten blocks; where the real images are others each time, the spread is larger."""

    def redraw(real: Features, seed: int) -> tuple[float, float]:
        drawn = features(500, seed)
        drawn.vectors[:] += np.float32(shift)
        values = of_blocks(drawn, 50, lambda index, block: scored(real, block))
        return means(values)["fid"], draw_errors(values)["fid"] or 0.0

    same, errors = np.transpose([redraw(features(50), 1000 + seed) for seed in range(100)])
    others, _ = np.transpose([redraw(features(50, seed), 1000 + seed) for seed in range(100)])
    error = np.sqrt(np.mean(errors**2))
    assert error == pytest.approx(np.std(same, ddof=1), rel=0.2)
    assert np.std(others, ddof=1) > 1.3 * error

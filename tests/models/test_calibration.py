"""The calibration rows show exactly what they say: which images they hold, and that none comes twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from genbench.data.images import Images
from genbench.data.pixels import quantise
from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.models import Model, held_out, memoriser, mode_drop, noise
from genbench.seeding import torch_rng

SHAPE = (1, 1, 2)


def images(first: int, n: int = 40) -> Images:
    """Images whose two pixels count up from `first`, so that each is known by its pixels; ten classes in turn."""
    pixels = np.stack(np.divmod(np.arange(first, first + n), 256), axis=-1).astype(np.uint8)
    return Images(pixels.reshape(n, *SHAPE), np.arange(n) % 10)


DATA = Data(images(0), images(500), images(1000), 256, tuple("0123456789"))


def numbers(samples: Tensor) -> list[int]:
    """Return the numbers of images, by their pixels."""
    high, low = quantise(samples, 256).flatten(1).int().unbind(1)
    return (256 * high + low).tolist()


def drawn(model: Model, *sizes: int) -> list[int]:
    """The images of successive calls."""
    model.setup(DATA, torch_rng(0, "begin"))
    return [number for n in sizes for number in numbers(model.sample(n, rng=torch_rng(0, "sample")))]


def test_held_out_deals_the_held_out_split() -> None:
    assert sorted(drawn(held_out.build(SHAPE), 30, 10)) == list(range(1000, 1040))


def test_the_memoriser_deals_the_training_images() -> None:
    assert sorted(drawn(memoriser.build(SHAPE), 7, 33)) == list(range(40))


def test_mode_drop_deals_training_images_of_the_kept_classes() -> None:
    assert sorted(drawn(mode_drop.build(SHAPE, keep_classes=3), 12)) == [n for n in range(40) if n % 10 < 3]


def test_images_come_in_an_order_of_the_seed() -> None:
    model = memoriser.build(SHAPE)
    first = drawn(model, 40)
    assert first != sorted(first)
    model = memoriser.build(SHAPE)
    model.setup(DATA, torch_rng(1, "begin"))
    assert numbers(model.sample(40, rng=torch_rng(0, "sample"))) != first


def test_more_images_than_there_are_is_refused() -> None:
    with pytest.raises(InputError, match="expected to draw at most the 40 images that are stored, got 41"):
        drawn(memoriser.build(SHAPE), 30, 11)


@pytest.mark.parametrize("keep", [10, 11])
def test_mode_drop_that_keeps_every_class_is_refused(keep: int) -> None:
    with pytest.raises(InputError, match="keep_classes: expected 1 to 9"):
        mode_drop.build(SHAPE, keep_classes=keep).refuse(DATA.facts)


def test_noise_is_uniform() -> None:
    sample = noise.build((1, 100, 100)).sample(10, rng=torch_rng(0, "sample")).double()
    # Mean 0 and variance 1/3 of a uniform variable on [-1, 1]; five standard errors of 100,000 draws.
    assert sample.mean().abs() < 5 * (1 / 3 / 1e5) ** 0.5
    assert (sample.square().mean() - 1 / 3).abs() < 5 * (4 / 45 / 1e5) ** 0.5
    assert torch.equal(sample, sample.clamp(-1, 1))

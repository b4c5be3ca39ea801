"""Translations that learn nothing: what each gives, where the scores of pairs put it, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from genbench.data.images import Images
from genbench.data.pixels import quantise, scale
from genbench.data.sides import Sides, in_channels
from genbench.engine.learner import Data
from genbench.engine.sampling import draw
from genbench.errors import InputError
from genbench.metrics.twins.features import twin_found
from genbench.metrics.twins.images import mean_absolute_error
from genbench.models import identity, nearest_pair, shuffled_truth, truth
from genbench.models.bases.translator import Translator
from genbench.seeding import torch_rng
from tests.support.pairs import of_pairs

SHAPE = (1, 4, 4)


def images(n: int, seed: int) -> Images:
    pixels = np.random.default_rng(seed).integers(256, size=(n, *SHAPE), dtype=np.uint8)
    return Images(pixels, np.arange(n) % 10)


def made(train: int = 50, held_out: int = 50) -> Data:
    return of_pairs(Data(images(train, 1), images(10, 2), images(held_out, 3), 256, tuple("0123456789")))


def outputs(model: Translator, data: Data, sources: Images, *, seed: int = 0, batch: int = 7) -> np.ndarray:
    """Set a row up and let it translate sources, in batches."""
    model.setup(data, torch_rng(seed, "begin"))
    return draw(model, len(sources), batch=batch, levels=256, seed=0, options={}, sources=sources).pixels


def vectors(pixels: np.ndarray) -> np.ndarray:
    return pixels.reshape(len(pixels), -1)


def test_sources_take_the_channels_of_their_targets() -> None:
    grey = images(5, 0).pixels
    assert in_channels(grey, 1) is grey
    coloured = in_channels(grey, 3)
    assert coloured.shape == (5, 3, 4, 4)
    assert (coloured == grey).all()
    assert np.array_equal(in_channels(coloured, 1), grey), "the luma of equal channels is theirs"


def test_the_identity_keeps_all_levels() -> None:
    data = made()
    sources = data.sides["held_out"].sources
    assert np.array_equal(outputs(identity.build(SHAPE), data, sources), sources.pixels)


def test_the_nearest_pair_is_the_truth_on_training_sources() -> None:
    data = made(train=700)
    found = outputs(nearest_pair.build(SHAPE), data, data.sides["train"].sources, batch=300)
    assert np.array_equal(found, data.train.pixels)


def test_the_nearest_pair_is_by_sources_and_the_first_of_equal_ones() -> None:
    def row(*levels: int) -> Images:
        return Images(np.array(levels, np.uint8).reshape(-1, 1, 1, 1), np.zeros(len(levels), np.int64))

    train = Sides(row(0, 100, 100, 200), row(9, 8, 7, 6))
    data = replace(made(), train=train.targets, sides={"train": train})
    assert outputs(nearest_pair.build((1, 1, 1)), data, row(149, 151, 20, 50)).ravel().tolist() == [8, 6, 9, 9]


def test_the_truth_and_its_shuffle_calibrate_the_scores() -> None:
    """Both are the same set of images; one finds all twins, the other one of them on average."""
    data = made()
    targets, sources = data.held_out.pixels, data.sides["held_out"].sources
    right = outputs(truth.build(SHAPE), data, sources)
    assert np.array_equal(right, targets)
    assert twin_found(vectors(right), vectors(targets)).mean() == 1
    finds, errors = [], []
    for seed in range(200):
        shuffled = outputs(shuffled_truth.build(SHAPE), data, sources, seed=seed)
        assert sorted(map(bytes, shuffled)) == sorted(map(bytes, targets))
        finds.append(twin_found(vectors(shuffled), vectors(targets)).sum())
        errors.append(mean_absolute_error(shuffled, targets).mean())
    assert np.mean(finds) == pytest.approx(1, abs=4 * np.std(finds) / np.sqrt(200))
    assert np.mean(errors) == pytest.approx((256**2 - 1) / (3 * 256) / 255, rel=0.05), "of independent uniform levels"


def test_a_drawing_that_was_interrupted_goes_on_with_its_own_sources() -> None:
    data = made()
    model = truth.build(SHAPE)
    model.setup(data, torch_rng(0, "begin"))
    model.drawn(20)
    sources = scale(torch.from_numpy(data.sides["held_out"].sources.pixels[20:30]))
    after = quantise(model.sample(10, rng=torch_rng(0, "sample"), sources=sources), 256).numpy()
    assert np.array_equal(after, data.held_out.pixels[20:30])


def test_data_that_a_translation_cannot_use_is_refused() -> None:
    paired = made()
    alone = replace(paired, sides={})
    apart = replace(paired, sides={**paired.sides, "train": paired.sides["train"].apart()})
    model = nearest_pair.build(SHAPE)
    model.refuse(paired.facts)
    with pytest.raises(InputError, match=r"expected pairs of images \(data.pairing\), for this model translates; got"):
        model.refuse(alone.facts)
    with pytest.raises(InputError, match="expected data.paired: true, for this model learns pairs; got false"):
        model.refuse(apart.facts)
    identity.build(SHAPE).refuse(apart.facts)
    with pytest.raises(InputError, match="expected 2 sources to translate, got 0"):
        model.sample(2, rng=torch_rng(0, "sample"))

"""MNIST as bits: chances are grey values, training draws anew, and the bits of what models are judged by stay."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from genbench.data.datasets import Dataset, mnist, mnist_bits_official
from genbench.data.images import Images
from genbench.data.pixels import between_levels, drawn_levels, quantise, scale
from genbench.data.splits import SPLITS
from genbench.engine.batches import Batches
from genbench.engine.device import Device
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.files.section import read
from genbench.models.bases.likelihood import LikelihoodModel
from genbench.pipeline import runs
from genbench.seeding import torch_rng
from tests.support.clone import ROOT

CPU = torch.device("cpu")
SHARES = {"train": 30, "validation": 10, "reference": 10_000, "held_out": 20}


@given(levels=st.integers(2, 256))
def test_levels_are_not_between_levels(levels: int) -> None:
    own = quantise(torch.linspace(-1, 1, levels, dtype=torch.float64), levels)
    assert own.tolist() == [round(255 * level / (levels - 1)) for level in range(levels)]  # the contract of datasets
    assert not between_levels(own.numpy().reshape(-1, 1, 1, 1), levels)


def test_a_pixel_is_white_with_the_chance_of_its_grey_value() -> None:
    uniform = (torch.arange(255) + 0.5) / 255  # every 255th of the way once
    for grey in (0, 1, 100, 254, 255):
        drawn = drawn_levels(torch.full((255,), grey, dtype=torch.uint8), 2, uniform)
        assert set(drawn.tolist()) <= {0, 255}
        assert int((drawn == 255).sum()) == grey


def test_a_pixel_between_two_of_more_levels_keeps_its_mean() -> None:
    uniform = (torch.arange(3000) + 0.5) / 3000
    drawn = drawn_levels(torch.full((3000,), 100, dtype=torch.uint8), 4, uniform)
    assert set(drawn.tolist()) == {85, 170}
    assert float(drawn.double().mean()) == pytest.approx(100, abs=0.05)


def grey(n: int) -> Images:
    pixels = np.random.default_rng(0).integers(0, 256, (n, 1, 4, 4), dtype=np.uint8)
    return Images(pixels, np.arange(n, dtype=np.int64))


def test_each_epoch_has_other_bits_of_the_same_chances() -> None:
    images, epochs = grey(8), 400
    batches = Batches(images, 8, 0, CPU, levels=2)
    seen = torch.zeros(8, 1, 4, 4)
    for _ in range(epochs):
        batch = next(batches)
        assert set(batch.images.flatten().tolist()) <= {-1.0, 1.0}
        seen[batch.labels] += (batch.images + 1) / 2
    chance = torch.from_numpy(images.pixels.copy()).float() / 255
    error = (seen / epochs - chance) / (chance * (1 - chance) / epochs).sqrt().clamp(min=1e-3)
    assert float(error.abs().max()) < 5  # standard errors, of 128 pixels


def test_bits_go_on_from_any_position_and_are_those_of_one_process() -> None:
    whole = Batches(grey(13), 4, 0, CPU, levels=2)
    parts = [Batches(grey(13), 4, 0, CPU, rank=rank, world=2, levels=2) for rank in range(2)]
    for _ in range(3):
        next(whole)
    for part in parts:
        part.drawn = 3
    assert torch.equal(torch.cat([next(part).images for part in parts]), next(whole).images)


def test_images_on_their_levels_are_given_as_they_are() -> None:
    images = mnist_bits_official.bits(grey(8), np.random.default_rng(0))
    batch = next(Batches(images, 8, 0, CPU, levels=2))
    assert torch.equal(batch.images, scale(torch.from_numpy(images.pixels.copy()))[batch.labels])


def test_the_device_hands_on_the_levels_of_the_data() -> None:
    data = Data(grey(8), grey(8), grey(8), levels=2, classes=())
    assert set(next(Device().batches(data, 8, 0, option="")).images.flatten().tolist()) == {-1.0, 1.0}


@pytest.fixture(scope="module")
def numbered() -> Dataset:
    """10,060 images of grey values, of which the last 10,000 are the test images; labels say their number."""
    pixels = np.random.default_rng(1).integers(0, 256, (10_060, 1, 2, 2), dtype=np.uint8)
    return Dataset(Images(pixels, np.arange(10_060)), (), 2)


def test_reference_is_the_test_images_and_only_train_is_grey(numbered: Dataset) -> None:
    splits = mnist_bits_official.split(numbered, SHARES, np.random.default_rng(0))
    assert {name: len(images) for name, images in splits.items()} == SHARES and list(splits) == list(SPLITS)
    assert splits["reference"].labels.tolist() == list(range(60, 10_060))
    others = np.concatenate([splits[name].labels for name in SPLITS if name != "reference"])
    assert sorted(others.tolist()) == list(range(60))
    assert np.array_equal(splits["train"].pixels, numbered.images.pixels[splits["train"].labels])
    for name in ("validation", "reference", "held_out"):
        assert set(np.unique(splits[name].pixels)) == {0, 255}
    chance = numbered.images.pixels[60:] / 255
    white = splits["reference"].pixels / 255
    assert abs((white - chance).mean()) < 4 * np.sqrt((chance * (1 - chance)).mean() / chance.size)


def test_other_sizes_are_refused(numbered: Dataset) -> None:
    with pytest.raises(InputError, match="numbers of images, 10000 of them in reference"):
        mnist_bits_official.split(numbered, SHARES | {"reference": 60}, np.random.default_rng(0))


FOLDER = Path(os.environ.get("GENBENCH_MNIST", ROOT / "data/source"))


@pytest.mark.soak
def test_more_codes_give_fewer_nats(tmp_path: Path) -> None:
    """VAE > IWAE of 5 codes > IWAE of 50, as Burda et al. (2016, table 1), after few steps: by 2 standard errors."""
    if not list(FOLDER.glob("train-images-idx3-ubyte*")):
        pytest.skip("the files of MNIST are not in data/source, nor in the folder that GENBENCH_MNIST names")
    loaded = replace(mnist.load(source=FOLDER, size=None), levels=2)
    shares = {"train": 50_000, "validation": 5_000, "reference": 10_000, "held_out": 5_000}
    splits = mnist_bits_official.split(loaded, shares, np.random.default_rng(0))
    data = Data(splits["train"], splits["validation"], splits["held_out"], levels=2, classes=loaded.classes)
    images = scale(torch.from_numpy(splits["reference"].pixels[:2000]))
    options = TrainOptions(steps=3000, batch=50, ema=0.99, log_every=500, grid_every=10**6)
    nats = []
    for name in ("vae_bits", "iwae_5_bits", "iwae_50_bits"):
        model = runs.model(read(ROOT / f"runs/{name}.yaml")["train"], loaded.images.shape)
        trained = train(model, data, options, seed=0, scratch=tmp_path / name).ema.eval()
        assert isinstance(trained, LikelihoodModel)
        with torch.no_grad():
            nats.append(-trained.log_likelihood(images, draws=200, rng=torch_rng(0, "nats")).nats)
    for worse, better in ((nats[0], nats[1]), (nats[1], nats[2])):
        difference = worse - better
        assert float(difference.mean()) > 2 * float(difference.std()) / len(difference) ** 0.5

"""Every model with a likelihood: of a probability's range, of the images alone, and the same from saved weights."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import stages.likelihood
from genbench.data import datasets, prepared
from genbench.data.images import Images, Shape
from genbench.data.paths import Paths
from genbench.data.pixels import quantise, scale
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.files.atomic import read_json
from genbench.models.bases.likelihood import LikelihoodModel, bits_per_dimension, dequantise, level_of, measure
from genbench.pipeline import cell, params, runs
from genbench.seeding import torch_rng
from tests.support.clone import ROOT

SHAPE: Shape = (1, 8, 8)
CATALOGUE = params.load(ROOT / "params.yaml").runs
OPTIONS = TrainOptions(steps=2, batch=8, ema=0.9, log_every=1, grid_every=1)


def built(run: str) -> LikelihoodModel | None:
    model = runs.model(CATALOGUE[run].train, SHAPE)
    return model if isinstance(model, LikelihoodModel) else None


LIKELY = [run for run in CATALOGUE if built(run)]


def images(levels: int, n: int = 40, shape: Shape = SHAPE) -> Images:
    rng = np.random.default_rng(levels)
    index = rng.integers(levels, size=(n, *shape))
    return Images(np.round(index * 255 / (levels - 1)).astype(np.uint8), np.arange(n) % 10)


def trained(run: str, levels: int, scratch: Path) -> LikelihoodModel:
    """Trained for two steps, saved and loaded."""
    some = images(levels)
    model = runs.model(CATALOGUE[run].train, SHAPE)
    done = train(model, Data(some, some, some, levels, tuple("0123456789")), OPTIONS, seed=0, scratch=scratch)
    assert (done.best is not None) == bool(model.groups()), "trained weights are chosen on the validation split"
    cell.save(scratch, done, CATALOGUE[run].train, OPTIONS)
    loaded = cell.load(scratch, "best").eval()
    assert isinstance(loaded, LikelihoodModel)
    return loaded


@pytest.mark.parametrize("levels", [17, pytest.param(256, marks=pytest.mark.soak)])
@pytest.mark.parametrize("run", LIKELY)
def test_a_likelihood_is_of_discrete_images(run: str, levels: int, tmp_path: Path) -> None:
    model = trained(run, levels, tmp_path)
    assert model.levels == levels
    pixels = scale(torch.from_numpy(images(levels).pixels))
    with torch.no_grad():
        first, again = (model.log_likelihood(pixels, draws=2, rng=torch_rng(0, "likelihood")) for _ in range(2))
    assert first.nats.shape == (40,)
    assert first.nats.isfinite().all()
    assert torch.equal(first.nats, again.nats), "all randomness is the caller's"
    assert first.kind in ("exact", "lower bound", "estimate")
    assert first.method
    if first.kind == "exact":
        assert (first.nats <= 1e-4).all(), "a probability is at most 1"


@pytest.mark.parametrize("run", LIKELY)
def test_an_exact_likelihood_does_not_depend_on_the_batch(run: str, tmp_path: Path) -> None:
    model = trained(run, 17, tmp_path)
    pixels = scale(torch.from_numpy(images(17).pixels))
    with torch.no_grad():
        whole = model.log_likelihood(pixels, draws=1, rng=torch_rng(0, "likelihood"))
        if whole.kind != "exact":
            pytest.skip("a bound or an estimate meets other noise in another batch")
        single = torch.cat([model.log_likelihood(one, draws=1, rng=torch_rng(1, "x")).nats for one in pixels.split(1)])  # type: ignore[no-untyped-call]
    torch.testing.assert_close(whole.nats, single, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("levels", [2, 4])
def test_a_pixel_histogram_sums_to_one_over_all_images(levels: int, tmp_path: Path) -> None:
    shape: Shape = (1, 2, 2)
    some = images(levels, 20, shape)
    model = runs.model({"model": "pixel_histogram"}, shape)
    assert isinstance(model, LikelihoodModel)
    model.setup(Data(some, some, some, levels, ()), torch_rng(0, "begin"))
    nats = model.log_likelihood(all_images(levels, shape), draws=1, rng=torch_rng(0, "x")).nats
    assert float(nats.double().exp().sum()) == pytest.approx(1, abs=1e-5)


def test_a_pixel_histogram_samples_what_it_has_counted() -> None:
    some = images(17, 400)
    model = runs.model({"model": "pixel_histogram"}, SHAPE)
    model.setup(Data(some, some, some, 17, ()), torch_rng(0, "begin"))
    drawn = quantise(model.sample(4000, rng=torch_rng(0, "sample")), 17).numpy()
    assert set(np.unique(drawn)) <= set(np.unique(some.pixels))
    np.testing.assert_allclose(drawn.mean(0), some.pixels.mean(0), atol=8)


def test_a_likelihood_that_is_not_finite_is_a_dash_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Finite weights, of which a product overflows."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    paths, some = Paths("digits"), images(17)
    prepared.save(paths.images, "digits", datasets.Dataset(some, tuple("0123456789"), 17), {"reference": some})
    model = runs.model(CATALOGUE["vae"].train, SHAPE)
    done = train(model, Data(some, some, some, 17, ()), OPTIONS, seed=0, scratch=tmp_path)
    for parameter in done.ema.parameters():
        parameter.data.mul_(1e30)
    cell.save(paths.weights("vae", 0), replace(done, best=None), CATALOGUE["vae"].train, OPTIONS)
    monkeypatch.setattr("stages.likelihood.use_threads", lambda threads: None)  # of this process, once for all
    stages.likelihood.main("vae", 0)
    assert read_json(paths.likelihood("vae", 0)) is None
    assert "vae, seed 0: the likelihood of some image is not finite" in capsys.readouterr().err


def all_images(levels: int, shape: Shape) -> Tensor:
    """Every image of a tiny space."""
    count = int(np.prod(shape))
    index = torch.tensor(list(product(range(levels), repeat=count))).view(-1, *shape)
    return index * (2 / (levels - 1)) - 1


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_levels_survive_the_way_to_pixels_and_back(levels: int) -> None:
    index = torch.arange(levels)
    stored = quantise(index * (2 / (levels - 1)) - 1, levels)
    assert torch.equal(level_of(scale(stored), torch.tensor(levels)), index)
    inside = dequantise(scale(stored), torch.tensor(levels), torch_rng(0, "noise"))
    assert torch.equal((inside * levels).long(), index)


def test_bits_of_a_uniform_model() -> None:
    nats = torch.full((3,), -64 * float(np.log(17)))
    torch.testing.assert_close(bits_per_dimension(nats, SHAPE), torch.full((3,), float(np.log2(17))))


def test_a_measure_is_a_mean_over_images_with_its_standard_error() -> None:
    some = images(17)
    model = runs.model({"model": "pixel_histogram"}, SHAPE)
    assert isinstance(model, LikelihoodModel)
    model.setup(Data(some, some, some, 17, ()), torch_rng(0, "begin"))
    record = measure(model, some.pixels, draws=3, batch=7, rng=torch_rng(0, "x"))
    nats = model.log_likelihood(scale(torch.from_numpy(some.pixels)), draws=1, rng=torch_rng(0, "x")).nats
    bits = bits_per_dimension(nats.double(), SHAPE)
    assert record["bits_per_dimension"] == pytest.approx(float(bits.mean()))
    assert record["standard_error"] == pytest.approx(float(bits.std()) / 40**0.5)
    assert (record["n"], record["draws"], record["kind"]) == (40, 3, "exact")

"""Divergence from a known distribution: exact where every image is listed, 0 of the truth, never below it by chance."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import stages.likelihood
from genbench.data import datasets, prepared
from genbench.data.images import Images, Shape
from genbench.data.paths import Paths
from genbench.data.pixels import quantise
from genbench.data.teachers import Teacher, mixture, values
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.evaluation.kept_scores import FOLDER
from genbench.files.atomic import read_json, write_json
from genbench.models.bases.known_divergence import Divergence, measure
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel
from genbench.pipeline import cell, params, runs
from genbench.seeding import torch_rng
from tests.support.clone import ROOT, change
from tests.support.teachers import LEVELS, SHAPE, every_image, tiny

every_kind = pytest.mark.parametrize("kind", ["autoregressive", "mixture"])
CATALOGUE = params.load(ROOT / "params.yaml").runs
OPTIONS = TrainOptions(steps=2, batch=8, ema=0.9, log_every=1, grid_every=1)
DIGITS = tuple("0123456789")


class Known(LikelihoodModel):
    """A teacher as a model, whose log P is off by `shift` nats."""

    def __init__(self, teacher: Teacher, kind: Any = "exact", shift: float = 0.0) -> None:
        super().__init__(teacher.shape)
        self.levels.fill_(teacher.levels)
        self.teacher, self.kind, self.shift = teacher, kind, shift

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        nats = self.teacher.log_probability(quantise(images, self.teacher.levels).numpy()) + self.shift
        return Likelihood(torch.from_numpy(nats), self.kind, "the teacher's")

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        raise NotImplementedError


def divergence(model: LikelihoodModel, pixels: np.ndarray, known: np.ndarray, draws: int = 1) -> Divergence:
    with torch.no_grad():
        found = measure(model, pixels, known, draws=draws, batch=64, rng=torch_rng(0, "divergence"))
    assert found is not None
    return found


def histogram(images: Images, levels: int, shape: Shape) -> LikelihoodModel:
    model = runs.model({"model": "pixel_histogram"}, shape)
    assert isinstance(model, LikelihoodModel)
    model.setup(Data(images, images, images, levels, ()), torch_rng(0, "begin"))
    return model


def exact(p: np.ndarray, model: LikelihoodModel) -> float:
    """Sum over all images of the tiny teachers, in bits per dimension."""
    index = torch.from_numpy(every_image().astype(np.float32) / 127.5 - 1)
    q = model.log_likelihood(index, draws=1, rng=torch_rng(0, "x")).nats.double().numpy()
    return float(p @ (np.log(p) - q)) / (4 * math.log(2))


def test_of_listed_images_it_is_the_sum_over_all() -> None:
    counts = np.random.default_rng(3).integers(1, 40, size=81)
    p, images = counts / counts.sum(), every_image()
    model = histogram(tiny("mixture").sample(50, np.random.default_rng(0)), LEVELS, SHAPE)
    found = divergence(model, np.repeat(images, counts, axis=0), np.repeat(np.log(p), counts))
    assert found.value == pytest.approx(exact(p, model), abs=1e-6)
    assert (found.kind, found.n) == ("exact", counts.sum())


@every_kind
def test_of_a_teachers_images_it_is_the_sum_within_its_error(kind: str) -> None:
    teacher = tiny(kind)
    model = histogram(teacher.sample(200, np.random.default_rng(0)), LEVELS, SHAPE)
    truth = exact(np.exp(teacher.log_probability(every_image())), model)
    z = []
    for seed in range(20):
        pixels = teacher.sample(1000, np.random.default_rng(100 + seed)).pixels
        found = divergence(model, pixels, teacher.log_probability(pixels))
        z.append((found.value - truth) / found.standard_error)
    assert np.abs(z).max() < 4
    assert 0.6 < np.sqrt(np.mean(np.square(z))) < 1.5


@every_kind
def test_of_a_teacher_itself_it_is_0(kind: str) -> None:
    teacher = tiny(kind)
    pixels = teacher.sample(300, np.random.default_rng(0)).pixels
    found = divergence(Known(teacher), pixels, teacher.log_probability(pixels))
    assert found == Divergence(0.0, 0.0, "exact", 300)
    assert not found.impossible


def test_its_error_is_that_of_differences() -> None:
    """Log P that is off by the same number everywhere has no error, though that of each image differs."""
    teacher = tiny("mixture")
    pixels = teacher.sample(300, np.random.default_rng(0)).pixels
    known = teacher.log_probability(pixels)
    found = divergence(Known(teacher, "lower bound", shift=-2.0), pixels, known)
    assert found.value == pytest.approx(2 / (4 * math.log(2)))
    assert found.standard_error < 1e-12 < known.std()
    assert found.kind == "upper bound"
    noise = np.random.default_rng(1).normal(size=300)
    spread = divergence(Known(teacher), pixels, known + noise).standard_error
    assert spread == pytest.approx(noise.std(ddof=1) / math.sqrt(300) / (4 * math.log(2)))


@pytest.mark.parametrize(("kind", "impossible"), [("exact", True), ("lower bound", True), ("estimate", False)])
def test_a_value_below_0_is_a_fault_of_any_number_but_an_estimate(kind: str, impossible: bool) -> None:
    teacher = tiny("mixture")
    pixels = teacher.sample(300, np.random.default_rng(0)).pixels
    found = divergence(Known(teacher, kind, shift=1.0), pixels, teacher.log_probability(pixels))
    assert found.value < 0
    assert found.impossible == impossible


def test_an_image_without_a_finite_number_leaves_none() -> None:
    teacher = tiny("mixture")
    known = teacher.log_probability(every_image())
    model, rng = Known(teacher, shift=-math.inf), torch_rng(0, "x")
    assert measure(model, every_image(), known, draws=1, batch=64, rng=rng) is None


def has_likelihood(run: str) -> bool:
    model = runs.model(CATALOGUE[run].train, mixture.SHAPE)
    return isinstance(model, LikelihoodModel) and model.of_samples


@pytest.mark.parametrize("run", [run for run in CATALOGUE if has_likelihood(run)])
def test_no_model_is_below_0(run: str, tmp_path: Path) -> None:
    teacher = mixture.load()
    some, fresh = (teacher.sample(n, np.random.default_rng(n)) for n in (60, 40))
    model = runs.model(CATALOGUE[run].train, mixture.SHAPE)
    done = train(model, Data(some, some, some, 17, DIGITS), OPTIONS, seed=0, scratch=tmp_path)
    trained = (done.best or done.ema).eval()
    assert isinstance(trained, LikelihoodModel)
    found = divergence(trained, fresh.pixels, teacher.log_probability(fresh.pixels))
    assert found.value > 3 * found.standard_error, "few steps and few images make no truth"
    assert not found.impossible


def project(folder: Path, dataset: str, images: Images, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Lay out a project with these images in every split and a cell of pixel_histogram that was fitted to them."""
    for name in ("params.yaml", "environment.yaml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "runs", folder / "runs")
    monkeypatch.chdir(folder)
    text = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(text.replace("\ndataset: digits\n", f"\ndataset: {dataset}\n"), encoding="utf-8")
    write_json(Path("code/datasets") / f"{dataset}.json", {})
    paths = Paths(dataset)
    splits = dict.fromkeys(("reference", "held_out"), images)
    prepared.save(paths.images, dataset, datasets.Dataset(images, DIGITS, 17), splits)
    model = runs.model({"model": "pixel_histogram"}, mixture.SHAPE)
    done = train(model, Data(images, images, images, 17, DIGITS), OPTIONS, seed=0, scratch=folder)
    cell.save(paths.weights("pixel_histogram", 0), done, {"model": "pixel_histogram"}, OPTIONS)
    monkeypatch.setattr("stages.likelihood.use_threads", lambda threads: None)  # of this process, once for all
    return paths


def test_the_stage_records_it_and_computes_log_p_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    images = mixture.load().sample(80, np.random.default_rng(0))
    paths = project(tmp_path, "known_digits_mixture", images, monkeypatch)
    stages.likelihood.main("pixel_histogram", 0)
    record = read_json(paths.likelihood("pixel_histogram", 0))
    known = mixture.load().log_probability(images.pixels)
    model = cell.load(paths.weights("pixel_histogram", 0), "best")
    assert isinstance(model, LikelihoodModel)
    found = divergence(model, images.pixels, known)
    assert record["kl"] == {
        "value": pytest.approx(found.value, rel=1e-9),
        "standard_error": pytest.approx(found.standard_error, rel=1e-9),
        "kind": "exact",
        "n": 80,
    }
    assert record["bits_per_dimension"] > 0
    (kept,) = FOLDER.glob("*.json")
    assert np.array(read_json(kept)["nats"]).tobytes() == known.tobytes()
    write_json(kept, {"nats": (known + 1).tolist()})
    stages.likelihood.main("pixel_histogram", 0)
    again = read_json(paths.likelihood("pixel_histogram", 0))["kl"]
    assert again["value"] == pytest.approx(found.value + 1 / (64 * math.log(2))), "it was not computed again"
    assert capsys.readouterr().err == ""


def test_the_stage_takes_the_first_images_and_no_more_than_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = mixture.load().sample(80, np.random.default_rng(0))
    paths = project(tmp_path, "known_digits_mixture", images, monkeypatch)
    stages.likelihood.main("pixel_histogram", 0)  # log p of all of them is kept beside that of fewer
    change(tmp_path, likelihood={"images": 30})
    stages.likelihood.main("pixel_histogram", 0)
    record = read_json(paths.likelihood("pixel_histogram", 0))
    model = cell.load(paths.weights("pixel_histogram", 0), "best")
    assert isinstance(model, LikelihoodModel)
    found = divergence(model, images.pixels[:30], mixture.load().log_probability(images.pixels[:30]))
    assert record["n"] == record["kl"]["n"] == 30
    assert record["kl"]["value"] == pytest.approx(found.value, rel=1e-9)
    change(tmp_path, likelihood={"images": 81})
    with pytest.raises(InputError, match=r"likelihood\.images: expected at most 80, those of data\.split\.reference"):
        stages.likelihood.main("pixel_histogram", 0)


def test_a_divergence_below_0_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Images that are not of the distribution that they should be of, which a model predicts better than it."""
    index = np.random.default_rng(0).integers(17, size=(80, *mixture.SHAPE))
    paths = project(tmp_path, "known_digits_mixture", Images(values(17)[index], np.arange(80) % 10), monkeypatch)
    stages.likelihood.main("pixel_histogram", 0)
    kl = read_json(paths.likelihood("pixel_histogram", 0))["kl"]
    assert kl["value"] < -1
    assert capsys.readouterr().err == (
        f"pixel_histogram, seed 0: KL is {kl['value']:.5f} ± {kl['standard_error']:.5f} bits per dimension, exact; it "
        "cannot be below 0, so that the likelihood or the distribution of the data is wrong\n"
    )


def test_a_dataset_without_a_teacher_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = project(tmp_path, "digits", mixture.load().sample(80, np.random.default_rng(0)), monkeypatch)
    stages.likelihood.main("pixel_histogram", 0)
    record = read_json(paths.likelihood("pixel_histogram", 0))
    assert record["n"] == 80
    assert "kl" not in record

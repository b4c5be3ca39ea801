"""Features that models learnt: classifiers of features whose classes are known, and the features of every family."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import stages.representation
import stages.representation_baselines
from genbench.data import datasets, prepared
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.data.pixels import scale
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.evaluation.baselines import components
from genbench.evaluation.representation import NEIGHBOURS, accuracies, features_of, have_classes, nearest, vectors
from genbench.extractors.pixels import obtain
from genbench.files.atomic import read_json
from genbench.models import Model
from genbench.pipeline import cell, params, runs
from tests.support.clone import ROOT

CATALOGUE = params.load(ROOT / "params.yaml").runs
SHAPE = (1, 8, 8)
CLASSES = tuple("0123456789")
CPU = torch.device("cpu")
EXTRACTOR = "pixels"


def images(n: int = 40, *, seed: int = 0) -> Images:
    """Images of faint noise, with a bright pixel in another place for each class."""
    labels = np.arange(n) % len(CLASSES)
    pixels = np.random.default_rng(seed).integers(0, 16, (n, 64))
    pixels[np.arange(n), 5 * labels] = 250
    return Images(pixels.reshape(n, *SHAPE).astype(np.uint8), labels)


def model(run: str) -> Model:
    return runs.model(CATALOGUE[run].train, SHAPE).eval()


# Classifiers


def test_classifiers_of_the_labels_themselves_are_always_right() -> None:
    labels = np.random.default_rng(0).integers(0, 10, 300)
    both = np.eye(10)[labels]
    assert accuracies(both[:200], labels[:200], both[200:], labels[200:]) == {"probe": 1.0, "neighbours": 1.0}


def test_classifiers_of_noise_are_right_by_chance() -> None:
    rng = np.random.default_rng(1)
    labels, noise = rng.integers(0, 4, 3000), rng.standard_normal((3000, 5))
    found = accuracies(noise[:1000], labels[:1000], noise[1000:], labels[1000:])
    for name, share in found.items():
        assert abs(share - 1 / 4) < 4 * np.sqrt(1 / 4 * 3 / 4 / 2000), name


def test_the_nearest_of_identical_points_are_the_points_themselves() -> None:
    labels = np.repeat([2, 0, 1], NEIGHBOURS)
    points = np.repeat([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], NEIGHBOURS, axis=0)
    assert nearest(points, labels, points, k=NEIGHBOURS).tolist() == labels.tolist()


def test_of_fewer_points_than_neighbours_all_vote() -> None:
    assert nearest(np.array([[0.0], [1.0], [2.0]]), np.array([1, 0, 0]), np.array([[0.0]]), k=NEIGHBOURS).tolist() == [
        0
    ]


def test_features_that_are_not_finite_tell_nothing() -> None:
    broken, labels = np.full((4, 2), np.nan), np.array([0, 1, 0, 1])
    assert accuracies(broken, labels, broken, labels) == {"probe": 0.0, "neighbours": 0.0}


def test_components_keep_the_distances_of_points_in_a_plane() -> None:
    rng = np.random.default_rng(2)
    points = rng.standard_normal((60, 2)) @ rng.standard_normal((2, 30)) + 3
    kept = np.concatenate(components(points[:40], points[40:]))
    assert kept.shape == (60, 16)
    before, after = (np.linalg.norm(side[:, None] - side[None], axis=2) for side in (points, kept))
    np.testing.assert_allclose(after, before, atol=1e-6)


# Features


@pytest.mark.parametrize(
    ("run", "origin", "size"),
    [
        ("autoencoder", "encoder", CATALOGUE["autoencoder"].train["latent"]),
        ("vae", "encoder", CATALOGUE["vae"].train["latent"]),
        ("vqvae", "encoder", None),
        ("bigan", "encoder", 16),
        ("bigbigan", "encoder", 16),
        ("nsgan", "critic", None),
        ("nsgan_packing", "critic", None),
        ("nsgan_minibatch_discrimination", "critic", None),
        ("stylegan2", "critic", None),
        ("r3gan_network", "critic", None),
        ("biggan", "critic", None),
        ("ddpm", "denoiser", 2 * CATALOGUE["ddpm"].train["width"]),
        ("ddpm_guided", "denoiser", 2 * CATALOGUE["ddpm_guided"].train["width"]),
        ("flow_matching", "denoiser", 2 * CATALOGUE["flow_matching"].train["width"]),
        ("ncsn", "denoiser", 2 * CATALOGUE["ncsn"].train["width"]),
        ("vesde", "denoiser", 2 * CATALOGUE["vesde"].train["width"]),
    ],
)
def test_each_family_has_features_of_its_kind(run: str, origin: str, size: int | None) -> None:
    found = features_of(model(run))
    assert found is not None
    assert found.origin == origin
    numbers = vectors(found.represent, images().pixels, CPU)
    assert len(numbers) == 40 and numbers.shape[1] == (size or numbers.shape[1])
    assert np.isfinite(numbers).all() and (numbers.std(0) > 0).any()


@pytest.mark.parametrize("run", ["realnvp", "pixelcnn", "noise", "held_out", "pca_gaussian"])
def test_a_model_without_an_encoder_a_critic_or_a_denoiser_has_no_features(run: str) -> None:
    assert features_of(model(run)) is None


def test_the_features_of_a_critic_are_those_that_its_last_layer_reads() -> None:
    gan: Any = model("nsgan")
    found = features_of(gan)
    assert found is not None
    batch = scale(torch.from_numpy(images().pixels))
    with torch.no_grad():
        torch.testing.assert_close(gan.critic.head(found.represent(batch)), gan.critic(batch))


def test_a_critic_of_packs_sees_each_image_by_itself() -> None:
    found = features_of(model("nsgan_packing"))
    assert found is not None
    batch = scale(torch.from_numpy(images().pixels))
    with torch.no_grad():
        torch.testing.assert_close(found.represent(batch)[3:4], found.represent(batch[3:4]))


def test_a_model_may_say_itself_what_its_features_are() -> None:
    class Own(type(model("nsgan"))):  # type: ignore[misc]
        def represent(self, images: torch.Tensor) -> torch.Tensor:
            return images.mean((1, 2, 3))[:, None]

    gan = model("nsgan")
    gan.__class__ = Own
    found = features_of(gan)
    assert found is not None and found.origin == "own"
    some = images()
    means = some.pixels.mean((1, 2, 3)) / 127.5 - 1
    np.testing.assert_allclose(vectors(found.represent, some.pixels, CPU)[:, 0], means, atol=1e-6)


# Stages


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A project with images, features of them, and no cell."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    for stage in (stages.representation, stages.representation_baselines):
        monkeypatch.setattr(stage, "use_threads", lambda threads: None)  # of this process, once for all
    save(splits())
    obtain(Paths("digits").extractor(EXTRACTOR), {}, prepared.load_about(Paths("digits").images))
    for extractor in params.load().extractors:
        for split, part in splits().items():
            flat = part.pixels.reshape(len(part), -1).astype(np.float32)
            Features(flat).save(Paths("digits").reference(extractor) / f"{split}.npz")
    return Paths("digits")


def splits() -> dict[str, Images]:
    return {"train": images(100), "reference": images(50, seed=1)}


def save(made: dict[str, Images]) -> None:
    prepared.save(Paths("digits").images, "digits", datasets.Dataset(made["train"], CLASSES, 256), made)


def add_cell(run: str) -> None:
    some = images()
    options = TrainOptions(steps=2, batch=8, ema=0.9, log_every=1, grid_every=1)
    data = Data(some, some, some, 256, CLASSES)
    done = train(runs.model(CATALOGUE[run].train, SHAPE), data, options, seed=0, scratch=Path("scratch"))
    cell.save(Paths("digits").weights(run, 0), done, CATALOGUE[run].train, options)


@pytest.mark.parametrize(
    ("run", "origin"), [("nsgan", "critic"), ("vae", "encoder"), ("ddpm", "denoiser"), ("noise", None)]
)
def test_the_stage_records_accuracies_or_null_for_a_model_without_features(
    project: Paths, run: str, origin: str | None
) -> None:
    add_cell(run)
    stages.representation.main(run, 0, EXTRACTOR)
    record = read_json(project.root / f"representation/{run}/0.json")
    if origin is None:
        assert record is None
        return
    assert (record["of"], record["n_train"], record["n_reference"], record["k"]) == (origin, 100, 50, NEIGHBOURS)
    assert all(0 <= scores[name] <= 1 for scores in (record, record["untrained"]) for name in ("probe", "neighbours"))
    assert [0 <= scores.get("mig", -1) <= 1 for scores in (record, record["untrained"])] == 2 * [origin == "encoder"]
    assert list(record.get("path_length", {})) == ([] if origin == "denoiser" else ["z"])


def test_the_stage_scores_reconstructions_of_a_model_with_codes_of_images(project: Paths) -> None:
    add_cell("vae")
    stages.representation.main("vae", 0, EXTRACTOR)
    found = read_json(project.root / "representation/vae/0.json")["reconstruction"]
    assert found.keys() == {"extractor", "n", "fid", "mse"}
    assert (found["extractor"], found["n"]) == (EXTRACTOR, 50)
    add_cell("nsgan")
    stages.representation.main("nsgan", 0, EXTRACTOR)
    assert "reconstruction" not in read_json(project.root / "representation/nsgan/0.json")


def test_images_without_classes_have_reconstructions_alone(project: Paths) -> None:
    unknown = {name: Images(part.pixels, np.full(len(part), -1)) for name, part in splits().items()}
    assert have_classes(*splits().values()) and not have_classes(*unknown.values())
    save(unknown)
    for run in ("nsgan", "vqvae"):
        add_cell(run)
        stages.representation.main(run, 0, EXTRACTOR)
    stages.representation_baselines.main()
    record = read_json(project.root / "representation/vqvae/0.json")
    assert record.keys() == {"reconstruction"} and record["reconstruction"]["codes"]["size"] > 1
    assert read_json(project.root / "representation/nsgan/0.json") is None
    assert read_json(project.root / "representation/baselines.json") is None


def test_baselines_of_classes_that_pixels_tell_are_right(project: Paths) -> None:
    stages.representation_baselines.main()
    found = read_json(project.root / "representation/baselines.json")
    extractors = [f"extractor {name}" for name in params.load().extractors]
    assert found.keys() == {"pixels", "principal components", "random network", *extractors}
    assert found["pixels"] == {"size": 64, "probe": 1.0, "neighbours": 1.0}
    assert found["principal components"]["size"] == 16

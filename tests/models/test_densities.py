"""Baselines that are densities of pixels, against closed forms, and the scores on digits that a model must beat."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from genbench.data.datasets import digits
from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.data.splits import split
from genbench.engine.learner import Data, Facts
from genbench.engine.sampling import draw
from genbench.errors import InputError
from genbench.extractors import classifier, extract
from genbench.metrics.numerics.gaussians import frechet_distance, gaussian
from genbench.models import gaussian_mixture, kernel_density, pca_gaussian
from genbench.models.bases.gaussian_mixture import GaussianMixtureModel
from genbench.models.kernel_density import KernelDensity
from genbench.seeding import numpy_rng, torch_rng

SHAPE = (1, 1, 2)
LEVELS = 5


def images(levels: list[list[int]]) -> Images:
    """Images of two pixels by their levels of five."""
    pixels = np.round(np.array(levels) * 255 / (LEVELS - 1)).astype(np.uint8).reshape(-1, *SHAPE)
    return Images(pixels, np.full(len(levels), -1))


def data(levels: list[list[int]], validation: list[list[int]] | None = None) -> Data:
    return Data(images(levels), images(validation or levels), images(levels), LEVELS, ())


def every_image() -> Tensor:
    """All 25 images, in [-1, 1]."""
    return torch.tensor(list(itertools.product(range(LEVELS), repeat=2))).view(-1, *SHAPE) / 2 - 1.0


def told(model: GaussianMixtureModel, shares: list[float], means: Tensor, covariances: Tensor) -> GaussianMixtureModel:
    model.shares.copy_(torch.tensor(shares))
    model.means.copy_(means)
    model.factors.copy_(torch.linalg.cholesky(covariances.double()))
    model.levels.fill_(LEVELS)
    return model


def two() -> tuple[GaussianMixtureModel, MixtureSameFamily]:
    """A mixture of two correlated Gaussians, and the same by torch."""
    shares, means = [0.3, 0.7], torch.tensor([[1.0, 3.0], [2.5, 2.0]], dtype=torch.float64)
    covariances = torch.tensor([[[1.0, 0.5], [0.5, 0.6]], [[0.4, -0.1], [-0.1, 0.3]]], dtype=torch.float64)
    same = MixtureSameFamily(
        Categorical(torch.tensor(shares, dtype=torch.float64)), MultivariateNormal(means, covariances)
    )
    return told(gaussian_mixture.build(SHAPE, components=2), shares, means, covariances), same


def test_a_mixtures_density_is_that_of_torch() -> None:
    model, same = two()
    points = torch.rand(50, 2, generator=torch_rng(0, "points"), dtype=torch.float64) * 5
    torch.testing.assert_close(model.log_density(points), same.log_prob(points))  # type: ignore[no-untyped-call]


def test_a_mixtures_bound_is_below_the_mass_of_a_bin_and_comes_near() -> None:
    model, same = two()
    grid = (torch.arange(200, dtype=torch.float64) + 0.5) / 200
    inside = torch.cartesian_prod(grid, grid)
    image = torch.tensor([2.0, 3.0], dtype=torch.float64)
    mass = float(same.log_prob(image + inside).exp().mean().log())  # type: ignore[no-untyped-call]
    batch = (image / 2 - 1).float().view(1, *SHAPE).expand(4000, *SHAPE)
    one, many = (float(model.log_likelihood(batch, draws=k, rng=torch_rng(0, "u")).nats.mean()) for k in (1, 64))
    assert one < many <= mass + 0.005
    assert many == pytest.approx(mass, abs=0.01)


def test_a_mixtures_samples_have_its_levels() -> None:
    """Of a wide Gaussian, the levels at the edges have the tails."""
    model = told(pca_gaussian.build(SHAPE, components=1), [1.0], torch.tensor([[2.5, 2.5]]), 4 * torch.eye(2)[None])
    samples = model.sample(40_000, rng=torch_rng(0, "sample")).flatten()
    counts = torch.bincount(((samples + 1) * 2).round().long(), minlength=LEVELS) / len(samples)
    ends = torch.special.ndtr((torch.arange(1.0, LEVELS) - 2.5) / 2)
    expected = torch.cat([ends, torch.ones(1)]).diff(prepend=torch.zeros(1))
    torch.testing.assert_close(counts, expected, atol=0.01, rtol=0)


def test_pca_keeps_the_variance_of_all_directions() -> None:
    levels = numpy_rng(0, "levels").integers(0, LEVELS, (500, 2)).tolist()
    levels = [[first, min(LEVELS - 1, first + second % 2)] for first, second in levels]
    model = pca_gaussian.build(SHAPE, components=1)
    model.setup(data(levels), torch_rng(0, "setup"))
    covariance = (model.factors[0] @ model.factors[0].T).numpy()
    expected = np.cov(np.array(levels).T) + np.eye(2) / 12  # the dequantisation's
    assert covariance == pytest.approx(expected, abs=0.15)
    assert model.means[0].numpy() == pytest.approx(np.mean(levels, axis=0) + 0.5, abs=0.05)


def test_a_mixture_of_one_has_the_moments_of_the_data() -> None:
    levels = numpy_rng(1, "levels").integers(0, LEVELS, (2000, 2)).tolist()
    model = gaussian_mixture.build(SHAPE, components=1, noise=0.25)
    model.setup(data(levels), torch_rng(0, "setup"))
    covariance = (model.factors[0] @ model.factors[0].T).numpy()
    assert covariance == pytest.approx(np.cov(np.array(levels).T) + np.eye(2) * (1 / 12 + 0.25), abs=0.1)


def test_a_mixture_of_one_within_principal_directions_is_the_pca() -> None:
    shape, noise = (1, 2, 3), 0.25
    levels = numpy_rng(2, "levels").multivariate_normal(np.full(6, 2.0), np.diag([3, 2, 1, 1, 0.5, 0.1]), 3000)
    pixels = np.round(levels.round().clip(0, LEVELS - 1) * 255 / (LEVELS - 1)).astype(np.uint8).reshape(-1, *shape)
    split = Images(pixels, np.full(len(pixels), -1))
    mixture = gaussian_mixture.build(shape, components=1, noise=noise, directions=2)
    single = pca_gaussian.build(shape, components=2)
    for model in (mixture, single):
        model.setup(Data(split, split, split, LEVELS, ()), torch_rng(0, "setup"))
    ours, theirs = (model.factors[0] @ model.factors[0].T for model in (mixture, single))
    torch.testing.assert_close(ours, theirs + noise * torch.eye(6), atol=0.02, rtol=0)
    assert mixture.means[0].numpy() == pytest.approx(single.means[0].numpy(), abs=0.05)


def test_components_within_principal_directions_find_groups_that_are_apart() -> None:
    levels = [[0, 4]] * 300 + [[4, 0]] * 100
    model = gaussian_mixture.build(SHAPE, components=2, noise=0.1, directions=1)
    model.setup(data(levels), torch_rng(0, "setup"))
    order = model.shares.argsort()
    torch.testing.assert_close(model.shares[order], torch.tensor([0.25, 0.75], dtype=torch.float64), atol=0.01, rtol=0)
    found = model.means[order] - 0.5  # the dequantisation's
    torch.testing.assert_close(found, torch.tensor([[4.0, 0.0], [0.0, 4.0]], dtype=torch.float64), atol=0.15, rtol=0)


# Kernels


def kernels(bandwidth: float | None = None, **splits: list[list[int]]) -> KernelDensity:
    model = kernel_density.build(SHAPE, bandwidth=bandwidth)
    model.setup(data([[0, 0], [4, 1], [2, 3]], **splits), torch_rng(0, "setup"))
    return model


@pytest.mark.parametrize("bandwidth", [0.2, 1.0, 30.0])
def test_kernel_densities_are_probabilities_of_images(bandwidth: float) -> None:
    said = kernels(bandwidth).log_likelihood(every_image(), draws=1, rng=torch_rng(0, "none"))
    assert said.kind == "exact"
    assert float(said.nats.exp().sum()) == pytest.approx(1, abs=1e-6)


def test_a_kernel_density_is_the_mean_of_normal_masses() -> None:
    said = kernels(0.8).log_likelihood(torch.tensor([3.0, 1.0]).view(1, *SHAPE) / 2 - 1, draws=1, rng=torch_rng(0, "n"))

    def mass(level: float, centre: float) -> float:
        low, high = (float(torch.special.ndtr(torch.tensor((level + side - centre) / 0.8))) for side in (-0.5, 0.5))
        return high - low

    expected = np.mean([mass(3, a) * mass(1, b) for a, b in ((0, 0), (4, 1), (2, 3))])
    assert float(said.nats.exp()) == pytest.approx(expected, rel=1e-5)


def test_kernel_samples_have_the_probabilities_of_images() -> None:
    model = kernels(0.8)
    samples = model.sample(60_000, rng=torch_rng(0, "sample"))
    index = ((samples + 1) * 2).round().long().flatten(1)
    counts = torch.bincount(index[:, 0] * LEVELS + index[:, 1], minlength=LEVELS**2) / len(samples)
    said = model.log_likelihood(every_image(), draws=1, rng=torch_rng(0, "none"))
    torch.testing.assert_close(counts.double(), said.nats.exp().double(), atol=0.006, rtol=0)


def test_a_bandwidth_is_the_likeliest_on_the_validation_split() -> None:
    same, far = [[0, 0], [4, 1], [2, 3]], [[1, 2], [3, 3], [0, 4], [4, 4]]
    assert float(kernels(validation=same).bandwidth) == kernel_density.BANDWIDTHS[0]
    assert float(kernels(validation=far).bandwidth) > 0.9


def test_parts_of_images_and_kernels_give_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = kernels(1.0).log_likelihood(every_image(), draws=1, rng=torch_rng(0, "n")).nats
    for size in ("IMAGES", "KERNELS"):
        monkeypatch.setattr(kernel_density, size, 2)
    torch.testing.assert_close(kernels(1.0).log_likelihood(every_image(), draws=1, rng=torch_rng(0, "n")).nats, whole)


# What is refused, and digits


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(InputError, match="components: expected less than 2 pixels, got 2"):
        pca_gaussian.build(SHAPE, components=2)
    with pytest.raises(InputError, match=r"full covariances: expected .* at most 1024 numbers, got \(3, 32, 32\)"):
        gaussian_mixture.build((3, 32, 32), components=2)
    with pytest.raises(InputError, match="gaussian_mixture: directions: expected less than 2 pixels, got 2"):
        gaussian_mixture.build(SHAPE, components=2, directions=2)
    with pytest.raises(InputError, match="components: expected at most the 3 training images, got 4"):
        gaussian_mixture.build(SHAPE, components=4).refuse(Facts(images=3))


def test_a_mixture_of_twenty_on_digits_is_among_the_best_of_deep_models(tmp_path: Path) -> None:
    """FID under the digits classifier is 94, with a spread of 4 over fits and 8 over draws; real images have 50."""
    counts: dict[str, int | float] = {"train": 897, "validation": 180, "reference": 360, "held_out": 360}
    loaded = digits.load(source=Path(), size=None)
    splits = split(loaded, counts, numpy_rng(0, "split"))  # as params.yaml has them
    about = About(dataset="digits", shape=(1, 8, 8), classes=loaded.classes, levels=17, counts={})
    classifier.obtain(tmp_path, splits, about, weights="committed", features=64, steps=1, batch=1, lr=0.1, seed=0)
    model = gaussian_mixture.build((1, 8, 8), components=20)
    known = Data(splits["train"], splits["validation"], splits["held_out"], 17, loaded.classes)
    model.setup(known, torch_rng(0, "setup"))
    sets = [draw(model, 360, batch=360, levels=17, seed=seed, options={}) for seed in range(4)]
    ruler = classifier.load(tmp_path)

    def features(some: Images) -> np.ndarray:
        return extract(ruler, some, name="classifier", dataset="digits", split="all", source="all").vectors

    real = gaussian(features(splits["reference"]))
    scores = [frechet_distance(real, gaussian(features(some))) for some in sets]
    assert 78 < np.mean(scores) < 108
    assert math.isfinite(model.validate(known, torch_rng(0, "validate")) or math.nan)

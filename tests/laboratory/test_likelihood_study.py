"""Likelihood against quality: a mixture's known loss, Parzen windows with a known density, an area under a curve."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from torch import Tensor

from genbench.data.pixels import quantise
from genbench.errors import InputError
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel
from genbench.seeding import torch_rng
from laboratory.likelihood.anomaly import auroc
from laboratory.likelihood.mixture import Mixture
from laboratory.likelihood.parzen import log_densities, parzen

LEVELS = 17


class Black(LikelihoodModel):
    """Black images, for certain or nearly so; `slack` nats go to all others."""

    def __init__(self, slack: float = math.inf) -> None:
        super().__init__((1, 8, 8))
        self.levels.fill_(LEVELS)
        self.slack = slack

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        black = (images == -1).flatten(1).all(1)
        return Likelihood(torch.where(black, 0.0, -self.slack), "lower bound", f"black, {draws} draws")

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        return -torch.ones(n, *self.shape)


BLACK = -torch.ones(1, 1, 8, 8)


def test_a_mixture_loses_at_most_the_log_of_its_share() -> None:
    mixture = Mixture(Black(), 0.01)
    said = mixture.log_likelihood(torch.cat([BLACK, -BLACK]), draws=3, rng=torch_rng(0, "x"))
    uniform = 17.0**-64
    torch.testing.assert_close(
        said.nats, torch.tensor([math.log(0.01 + 0.99 * uniform), math.log(0.99) - 64 * math.log(17)])
    )
    assert -math.log(100) <= said.nats[0] < 0
    assert said.kind == "lower bound"
    assert said.method == "0.01 of (black, 3 draws), 0.99 of uniform noise"


@pytest.mark.parametrize("share", [0.01, 0.5])
def test_a_mixture_of_what_is_uniform_already_changes_nothing(share: float) -> None:
    uniform = 64 * math.log(17)
    said = Mixture(Black(slack=uniform), share).log_likelihood(-BLACK, draws=1, rng=torch_rng(0, "x"))
    assert said.nats.item() == pytest.approx(-uniform, rel=1e-6)


def test_a_mixture_samples_its_shares_on_the_grey_levels() -> None:
    drawn = quantise(Mixture(Black(), 0.25).sample(2000, rng=torch_rng(0, "sample")), LEVELS)
    black = (drawn == 0).flatten(1).all(1)
    assert black.float().mean() == pytest.approx(0.25, abs=0.03)
    counts = torch.bincount(drawn[~black].flatten().long(), minlength=256)
    shares = counts[counts > 0] / counts.sum()
    assert len(shares) == LEVELS
    np.testing.assert_allclose(shares, 1 / LEVELS, rtol=0.05)


def test_a_mixture_without_noise_or_model_is_refused() -> None:
    with pytest.raises(InputError, match="mixture: expected a share between 0 and 1, got 1"):
        Mixture(Black(), 1)


def test_windows_are_a_mixture_of_gaussians() -> None:
    rng = np.random.default_rng(0)
    points, samples = rng.normal(3, 1, (2500, 3)), rng.normal(3, 1, (7, 3)).astype(np.float32)
    found = log_densities(points, samples, np.array([0.3, 2.0]))
    for row, h in zip(found, [0.3, 2.0], strict=True):
        one_by_one = [multivariate_normal(sample, h**2).pdf(points) for sample in samples]
        np.testing.assert_allclose(row, np.log(np.mean(one_by_one, axis=0)), rtol=1e-6)


def test_a_window_far_from_everything_is_improbable_and_not_impossible() -> None:
    found = log_densities(np.full((1, 100), 50.0), np.zeros((5, 100)), np.array([0.1]))
    assert found.item() == pytest.approx(-(100 * 50**2) / 0.02 - 50 * math.log(2 * math.pi * 0.01))


def test_of_the_bandwidths_that_of_the_truth_is_chosen() -> None:
    """Samples of a point mass and test points N(0, 0.5²): the best window is the normal distribution itself."""
    rng = np.random.default_rng(0)
    samples, (validation, test) = np.zeros((10, 20)), rng.normal(0, 0.5, (2, 500, 20))
    found = parzen(samples, validation=validation, test=test, bandwidths=[2, 0.5, 0.25, 1])
    assert found.bandwidth == 0.5
    assert not found.at_end
    negative_entropy = -10 * math.log(2 * math.pi * math.e * 0.25)
    assert found.nats.value == pytest.approx(negative_entropy, abs=4 * found.nats.error)
    assert found.nats.error == pytest.approx(math.sqrt(10 / 500), rel=0.2)  # half of χ² with 20 degrees of freedom
    assert parzen(samples, validation=validation, test=test, bandwidths=[0.1, 0.2]).at_end


def test_windows_prefer_centres_to_the_truth() -> None:
    """What makes them mislead (Theis et al. 2016, table 1): k-means' centres beat images of the data's own."""
    rng = np.random.default_rng(0)
    corners = rng.choice([0.0, 1.0], size=(20, 50))

    def data(n: int) -> np.ndarray:
        return corners[rng.integers(20, size=n)] + rng.normal(0, 0.3, (n, 50))

    validation, test = data(300), data(300)
    widths = [0.1, 0.2, 0.3, 0.4, 0.5]
    of_centres = parzen(corners, validation=validation, test=test, bandwidths=widths)
    of_truth = parzen(data(500), validation=validation, test=test, bandwidths=widths)
    assert of_centres.nats.value > of_truth.nats.value + 5


def test_windows_prefer_centres_to_real_images() -> None:
    """The same on the digits: a hundred centres of k-means beat a hundred real images, though nobody drew them."""
    pixels = np.random.default_rng(0).permutation(load_digits().data) / 16
    train, validation, test = np.split(pixels, [1000, 1400])
    widths = [0.1, 0.15, 0.2, 0.25, 0.3]
    centres = KMeans(100, n_init=1, random_state=0).fit(train).cluster_centers_
    of_centres, of_images = (
        parzen(samples, validation=validation, test=test, bandwidths=widths) for samples in (centres, train[:100])
    )
    assert not of_centres.at_end
    assert not of_images.at_end
    assert of_centres.nats.value > of_images.nats.value + 5


@pytest.mark.parametrize("bandwidths", [[], [0.1, 0.0], [-1.0]], ids=str)
def test_bandwidths_must_be_positive(bandwidths: list[float]) -> None:
    few = np.zeros((3, 2))
    with pytest.raises(InputError, match="parzen: expected bandwidths above 0"):
        parzen(few, validation=few, test=few, bandwidths=bandwidths)


def test_one_vector_has_no_standard_error() -> None:
    few = np.zeros((3, 2))
    with pytest.raises(InputError, match="at least 2 vectors of each set, test has 1"):
        parzen(few, validation=few, test=few[:1], bandwidths=[1.0])


scores = st.lists(st.integers(-4, 4), min_size=1, max_size=30)


@settings(max_examples=50)
@given(own=scores, anomalous=scores)
def test_the_area_is_that_of_scikit_learn_with_ties(own: list[int], anomalous: list[int]) -> None:
    labels = [0] * len(own) + [1] * len(anomalous)
    expected = roc_auc_score(labels, own + anomalous)
    assert auroc(own=np.array(own), anomalous=np.array(anomalous)) == pytest.approx(expected)


def test_the_area_knows_its_ends_and_infinity() -> None:
    low, high = np.array([0.0, 1.0]), np.array([2.0, np.inf])
    assert auroc(own=low, anomalous=high) == 1
    assert auroc(own=high, anomalous=low) == 0
    assert auroc(own=low, anomalous=low) == 0.5


@pytest.mark.parametrize("scores", [[], [1.0, math.nan]], ids=str)
def test_scores_must_be_numbers(scores: list[float]) -> None:
    with pytest.raises(InputError, match="auroc: expected at least one score and no NaN, anomalous has"):
        auroc(own=np.array([1.0]), anomalous=np.array(scores))

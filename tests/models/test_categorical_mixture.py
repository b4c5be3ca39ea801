"""A mixture of products of categoricals: parameters that are known, probabilities that sum to 1, and its samples."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from genbench.data.images import Images, Shape
from genbench.data.teachers import values
from genbench.engine.learner import Data, Facts
from genbench.errors import InputError
from genbench.models import categorical_mixture
from genbench.models.categorical_mixture import CategoricalMixture
from genbench.seeding import numpy_rng, torch_rng

SHAPE: Shape = (1, 2, 2)
LEVELS = 3
SHARES = np.array([0.3, 0.7])
#: θ (2, 4, 3) of two components.
THETA = np.array(
    [
        [[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]],
        [[0.1, 0.1, 0.8], [0.1, 0.2, 0.7], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1]],
    ]
)


def drawn(n: int) -> np.ndarray:
    """Levels (n, 4) of the known mixture."""
    rng = numpy_rng(0, "mixture")
    component = rng.choice(2, size=n, p=SHARES)
    return (THETA[component].cumsum(axis=2)[..., :-1] <= rng.random((n, 4, 1))).sum(axis=2)


def fitted(index: np.ndarray, components: int = 2, steps: int = 40, prior: float = 10.0) -> CategoricalMixture:
    images = Images(values(LEVELS)[index].reshape(-1, *SHAPE), np.full(len(index), -1))
    model = categorical_mixture.build(SHAPE, components=components, steps=steps, prior=prior)
    model.setup(Data(images, images, images, LEVELS, ()), torch_rng(0, "setup"))
    return model


def every_image() -> Tensor:
    """All 81 images, in [-1, 1]."""
    return torch.tensor(list(itertools.product(range(LEVELS), repeat=4))).view(-1, *SHAPE) - 1.0


def probabilities(model: CategoricalMixture) -> np.ndarray:
    said = model.log_likelihood(every_image(), draws=1, rng=torch_rng(0, "none"))
    assert said.kind == "exact"
    return np.asarray(said.nats.exp())


def train_nats(index: np.ndarray, steps: int) -> float:
    """The mean log-likelihood of the training images after so many steps."""
    images = torch.tensor(index).view(-1, *SHAPE) - 1.0
    model = fitted(index, components=5, steps=steps, prior=1e-6)
    return float(model.log_likelihood(images, draws=1, rng=torch_rng(0, "none")).nats.mean())


def test_em_finds_the_parameters_of_a_known_mixture() -> None:
    model = fitted(drawn(20_000), steps=200, prior=0.01)
    thetas = np.asarray(model.logs.exp()).reshape(4, LEVELS, 2).transpose(2, 0, 1)
    order = np.argsort(np.asarray(model.log_shares))
    assert np.exp(np.asarray(model.log_shares))[order] == pytest.approx(SHARES, abs=0.03)
    assert thetas[order] == pytest.approx(THETA, abs=0.03)


@pytest.mark.parametrize("components", [1, 2, 7])
def test_probabilities_of_all_images_sum_to_one(components: int) -> None:
    probs = probabilities(fitted(drawn(30), components))
    assert probs.sum() == pytest.approx(1, abs=1e-12)
    assert probs.min() > 0, "images that were never seen are possible"


def test_the_probability_is_the_known_mixtures() -> None:
    model = fitted(drawn(2))
    model.log_shares = torch.tensor(SHARES).log()
    model.logs = torch.tensor(THETA.transpose(1, 2, 0).reshape(-1, 2)).log()
    index = np.array(list(itertools.product(range(LEVELS), repeat=4)))
    each = [np.prod([theta[place, index[:, place]] for place in range(4)], axis=0) for theta in THETA]
    assert probabilities(model) == pytest.approx(SHARES @ np.array(each), rel=1e-12)


def test_one_component_is_the_histogram_of_each_pixel() -> None:
    index = drawn(50)
    model = fitted(index, components=1, steps=1, prior=10.0)
    counts = np.stack([np.bincount(index[:, place], minlength=LEVELS) for place in range(4)])
    expected = (counts + 10 * (counts + 0.5) / (50 + LEVELS / 2)) / (50 + 10)
    assert np.asarray(model.logs.exp()).reshape(4, LEVELS) == pytest.approx(expected, rel=1e-12)


def test_no_step_lowers_the_likelihood_of_the_training_images() -> None:
    index = drawn(300)
    nats = [train_nats(index, steps) for steps in (1, 2, 3, 5, 10, 40)]
    assert nats == sorted(nats)
    assert nats[-1] > nats[0] + 0.01


def test_samples_have_the_probabilities_of_images() -> None:
    n = 40_000
    model = fitted(drawn(200), components=3)
    samples = (model.sample(n, rng=torch_rng(0, "sample")) + 1).round().long().flatten(1).numpy()
    counts = np.bincount(samples @ LEVELS ** np.arange(3, -1, -1), minlength=LEVELS**4)
    expected = n * probabilities(model)
    assert expected.min() > 5
    assert stats.chisquare(counts, expected).pvalue > 0.001


def test_no_memory_grows_with_the_training_images(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = probabilities(fitted(drawn(100), 3))
    monkeypatch.setattr(categorical_mixture, "PART", 70)  # ten images
    assert probabilities(fitted(drawn(100), 3)) == pytest.approx(whole, rel=1e-9)


def test_what_cannot_be_fitted_is_refused() -> None:
    model = categorical_mixture.build(SHAPE, components=4)
    model.refuse(Facts(images=4, levels=LEVELS))
    with pytest.raises(InputError, match="components: expected at most the 3 training images, got 4"):
        model.refuse(Facts(images=3))
    with pytest.raises(InputError, match=r"expected at most 8388608 probabilities .*, got 40 × 3072 × 256"):
        categorical_mixture.build((3, 32, 32), components=40).refuse(Facts(levels=256))

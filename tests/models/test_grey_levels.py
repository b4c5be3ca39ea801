"""Probabilities of grey levels against differences of distribution functions, and their sums."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Binomial, Normal

from genbench.models.bases.grey_levels import CERTAIN, log_binomial, log_gaussian, log_logistic, value_of

LEVELS = [2, 3, 17, 256]
MEANS = torch.tensor([-1.0, -0.98, -0.3, 0.0, 0.52, 1.0])


def every(levels: int) -> tuple[Tensor, Tensor]:
    """Return all levels as a column, to broadcast against means, and their number."""
    return torch.arange(levels)[:, None], torch.tensor(levels)


def masses(distribution: Tensor, levels: int) -> Tensor:
    """Of the bins, (levels, M), from the distribution function at the inner ends, (levels − 1, M)."""
    ones = torch.ones_like(distribution[:1])
    return torch.cat([distribution, ones]) - torch.cat([0 * ones, distribution])


def inner_ends(levels: int) -> Tensor:
    index = torch.arange(levels - 1, dtype=torch.float64)[:, None]
    return value_of(index + 0.5, torch.tensor(levels))


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("log_scale", [-7.0, -3.0, -1.0, 2.0])
def test_a_logistic_is_a_difference_of_its_distribution_function(levels: int, log_scale: float) -> None:
    index, count = every(levels)
    logs = log_logistic(index, MEANS, torch.tensor(log_scale), count)
    scale = torch.tensor(log_scale, dtype=torch.float64).exp()
    direct = masses(((inner_ends(levels) - MEANS) / scale).sigmoid(), levels)
    torch.testing.assert_close(logs.exp().double(), direct, atol=1e-5, rtol=1e-3)
    assert logs.isfinite().all()


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("sd", [0.003, 0.1, 0.5, 4.0])
def test_a_gaussian_is_a_difference_of_its_distribution_function(levels: int, sd: float) -> None:
    index, count = every(levels)
    logs = log_gaussian(index, MEANS, sd, count)
    direct = masses(Normal(MEANS.double(), sd).cdf(inner_ends(levels)), levels)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(logs.exp().double(), direct, atol=1e-5, rtol=1e-3)
    assert logs.isfinite().all()


def test_a_level_far_from_the_mean_is_as_improbable_as_the_tail_says() -> None:
    """The mass of a bin far out is nearly all at its inner end: log σ(x) → x, log Φ(x) → −x²/2 − log(|x| √2π)."""
    index, count = torch.tensor(0), torch.tensor(17)
    far = -(2 - 1 / 16)  # the upper end of the lowest bin, from a mean of 1
    logistic = log_logistic(index, torch.tensor(1.0), torch.tensor(-4.0), count)
    assert logistic.item() == pytest.approx(far * torch.tensor(4.0).exp().item(), rel=1e-5)
    x = far / 0.05
    gaussian = log_gaussian(index, torch.tensor(1.0), 0.05, count)
    expected = -(x**2) / 2 - torch.tensor(-x * (2 * torch.pi) ** 0.5).log().item()
    assert gaussian.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("levels", LEVELS)
def test_a_binomial_is_that_of_torch_and_bernoulli_for_two_levels(levels: int) -> None:
    index, count = every(levels)
    logs = log_binomial(index, MEANS, count)
    share = 0.5 + 0.5 * CERTAIN * MEANS.double()
    known = Binomial(levels - 1, share).log_prob(index.double())  # type: ignore[no-untyped-call]
    torch.testing.assert_close(logs.double(), known, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(
        logs.double().exp().sum(0), torch.ones(len(MEANS), dtype=torch.float64), atol=1e-4, rtol=0
    )
    if levels == 2:
        torch.testing.assert_close(logs.double(), Bernoulli(share).log_prob(index.double()), atol=1e-6, rtol=1e-4)  # type: ignore[no-untyped-call]


def test_gradients_are_finite_at_the_edges() -> None:
    mean = torch.tensor([-1.0, 1.0, -1.0, 1.0], requires_grad=True)
    log_scale = torch.full((4,), -7.0, requires_grad=True)
    index, count = torch.tensor([0, 0, 255, 255]), torch.tensor(256)
    (log_logistic(index, mean, log_scale, count) + log_binomial(index, mean, count)).sum().backward()  # type: ignore[no-untyped-call]
    assert mean.grad is not None and log_scale.grad is not None
    assert mean.grad.isfinite().all() and log_scale.grad.isfinite().all()

"""The flow's solvers by their order, and its densities against closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.optimize import brentq
from scipy.special import ndtr
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, Normal

from genbench.models.bases import probability_flow
from genbench.models.bases.likelihood import bits_per_dimension, dequantise
from genbench.models.bases.probability_flow import (
    EVALUATIONS,
    Solver,
    gather,
    log_density,
    solve,
    spread,
    steps_between,
)
from genbench.models.flow_matching import FlowMatching
from genbench.models.vesde import VESDE
from genbench.seeding import torch_rng

ORDER: dict[Solver, int] = {"euler": 1, "midpoint": 2, "heun": 2, "rk4": 4}
solvers = pytest.mark.parametrize("solver", ORDER)


@solvers
def test_errors_fall_by_the_order_of_the_method(solver: Solver) -> None:
    """dx/dt = x cos t has the solution x(t) = exp(sin t)."""
    exact = math.exp(math.sin(2))

    def error(steps: int) -> float:
        start = torch.ones(1, 1, dtype=torch.float64)
        return abs(float(solve(lambda x, t: x * math.cos(t), start, steps_between(0, 2, steps), solver)) - exact)

    assert error(100) / error(200) == pytest.approx(2 ** ORDER[solver], rel=0.05)


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_errors_fall_by_the_order_of_the_method_on_a_mixture(solver: Solver) -> None:
    """The probability flow of a mixture of two normal distributions to which noise is added (Song et al. 2021, eq. 13).

    dx/dσ = −σ ∇ log p_σ(x). In one dimension the flow keeps quantiles: it carries the quantile q of p_σ to that of p₀.
    """
    centres, spread, noise = (-1.0, 2.0), 0.6, 3.0
    shares = (0.3, 0.7)

    def distribution(sigma: float) -> float:
        return math.hypot(spread, sigma)

    def excess(x: float, sigma: float, quantile: float) -> float:
        return sum(p * ndtr((x - c) / distribution(sigma)) for p, c in zip(shares, centres, strict=True)) - quantile

    def velocity(x: Tensor, sigma: float) -> Tensor:
        scale = distribution(sigma)
        weights = torch.stack(
            [math.log(p) - (x - c) ** 2 / (2 * scale**2) for p, c in zip(shares, centres, strict=True)]
        ).softmax(0)
        pulls = torch.stack([x - c for c in centres])
        return sigma * (weights * pulls).sum(0) / scale**2

    quantiles = [0.02, 0.2, 0.4, 0.8, 0.97]
    start, end = (
        [brentq(excess, -30, 30, (sigma, quantile), xtol=1e-13) for quantile in quantiles] for sigma in (noise, 0.0)
    )

    def error(steps: int) -> float:
        points = torch.tensor(start, dtype=torch.float64)[:, None]
        found = solve(velocity, points, steps_between(noise, 0, steps), solver)
        return float((found[:, 0] - torch.tensor(end, dtype=torch.float64)).abs().mean())

    assert error(200) / error(400) == pytest.approx(2 ** ORDER[solver], rel=0.08)


@solvers
def test_evaluations_are_counted(solver: Solver) -> None:
    calls: list[float] = []

    def velocity(x: Tensor, t: float) -> Tensor:
        calls.append(t)
        return x

    solve(velocity, torch.ones(1, 1), steps_between(1, 0, 7), solver)
    assert len(calls) == 7 * EVALUATIONS[solver]
    assert all(0 <= time <= 1 for time in calls)


def test_a_linear_flow_carries_a_gaussian_to_a_gaussian() -> None:
    """dx/dt = A x from N(0, I) at t = 1 back to t = 0: x(0) = exp(−A) z, of covariance exp(−A) exp(−A)ᵀ.

    A is not diagonal, so that one pair of signs misses the trace and only their mean over all eight has it.
    """
    a = torch.tensor([[0.5, 0.8, -0.3], [-0.2, -0.4, 0.6], [0.7, 0.1, 0.3]], dtype=torch.float64)
    point = torch.tensor([0.3, -0.2, 0.5], dtype=torch.float64)
    back = torch.linalg.matrix_exp(-a)
    exact = MultivariateNormal(torch.zeros(3, dtype=torch.float64), back @ back.T).log_prob(point)  # type: ignore[no-untyped-call]
    density = log_density(
        lambda x, t: x @ a.T, point.expand(20_000, 3), steps_between(0, 1, 40), noise_sd=1.0, rng=torch_rng(0, "signs")
    )
    assert len(density.round(decimals=6).unique()) in (4, 8), "signs and their opposites have the same slope"  # type: ignore[no-untyped-call]
    assert float(density.mean()) == pytest.approx(float(exact), abs=0.02)


def test_a_diagonal_flow_has_its_density_from_any_signs() -> None:
    rates = torch.tensor([0.5, -0.4, 0.3], dtype=torch.float64)
    point = torch.tensor([[0.3, -0.2, 0.5]], dtype=torch.float64)
    exact = Normal(0.0, torch.exp(-rates)).log_prob(point).sum(1)  # type: ignore[no-untyped-call]
    density = log_density(
        lambda x, t: x * rates, point, steps_between(0, 1, 40), noise_sd=1.0, rng=torch_rng(0, "signs")
    )
    torch.testing.assert_close(density, exact, atol=1e-4, rtol=0)


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_gather_undoes_spread(levels: int) -> None:
    index = torch.arange(levels).repeat(50).view(-1, 1, 1, 1)
    images = index * (2 / (levels - 1)) - 1.0
    count = torch.tensor(levels)
    points = spread(images, count, torch_rng(0, "noise"))
    torch.testing.assert_close(points, 2 * dequantise(images, count, torch_rng(0, "noise")) - 1)
    torch.testing.assert_close(gather(points, count), images)
    assert gather(torch.tensor([-5.0, 5.0]), count).tolist() == [-1, 1], "beyond the range is its end"


# The steps of a likelihood, on one pixel whose 17 levels have known probabilities: normal noise of a bin's variance
# around each level's middle, so that the predictor of a trained network is known

BIN = 2 / 17
CENTRES, WITHIN = torch.arange(17) * BIN - 1 + BIN / 2, BIN / math.sqrt(12)
SHARES = torch.tensor([0.5] + [0.2 / 15] * 15 + [0.3])


def centre(states: Tensor, scale: Tensor | float, variance: Tensor) -> Tensor:
    """Mean of the level's middle c given a state N(scale · c, variance), all (B, 1, 1, 1)."""
    distances = (states - scale * CENTRES).square()
    return ((SHARES.log() - distances / (2 * variance)).softmax(-1) * CENTRES).sum(-1, keepdim=True)


class BestNoise(nn.Module):
    """Mean of the noise, in units of sigma, in an image under it."""

    def forward(self, states: Tensor, sigma: Tensor) -> Tensor:
        spread = sigma.view(-1, 1, 1, 1)
        variance = WITHIN**2 + spread.square()
        return spread * (states - centre(states, 1.0, variance)) / variance


class BestVelocity(nn.Module):
    """Mean of image − noise at t · image + (1 − t) · noise."""

    def forward(self, states: Tensor, times: Tensor) -> Tensor:
        time = times.view(-1, 1, 1, 1)
        variance = (time * WITHIN).square() + (1 - time).square()
        middle = centre(states, time, variance)
        return middle + (time * WITHIN**2 - (1 - time)) * (states - time * middle) / variance


@pytest.mark.parametrize("family", ["vesde", "flow_matching"])
def test_a_likelihood_of_the_steps_there_are_is_off_by_less_than_two_thousandths(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = (1, 1, 1)
    made = (
        VESDE(shape, BestNoise(), (0.02, 6.0), 0.1) if family == "vesde" else FlowMatching(shape, BestVelocity(), 0.1)
    )
    made.levels.fill_(17)
    index = torch.multinomial(SHARES, 2000, replacement=True, generator=torch_rng(0, "levels"))
    images = (index / 8 - 1).view(-1, 1, 1, 1)

    def bits(steps: int) -> float:
        monkeypatch.setattr(probability_flow, "LIKELIHOOD_STEPS", steps)
        said = made.log_likelihood(images, draws=1, rng=torch_rng(0, "likelihood"))
        return float(bits_per_dimension(said.nats.double(), shape).mean())

    own, half, fine = bits(probability_flow.LIKELIHOOD_STEPS), bits(probability_flow.LIKELIHOOD_STEPS // 2), bits(64)
    assert abs(own - fine) < 0.002
    assert abs(half - fine) > 0.002, "half of the steps are too few"

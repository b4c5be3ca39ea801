"""EDM on distributions whose posterior mean is known: a Gaussian, a mixture, and grey levels.

Images N(m, s²) with noise of σ are N(m, s² + σ²); the mean image under x is m + s² / (s² + σ²) (x − m), its variance
s² σ² / (s² + σ²). The probability flow keeps (x − m) / √(s² + σ²).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr
from torch import Tensor, nn
from torch.distributions import Normal

from genbench.data.images import Images
from genbench.data.pixels import scale
from genbench.engine.learner import Batch, Data
from genbench.errors import InputError
from genbench.models import edm
from genbench.models.bases import probability_flow
from genbench.models.bases.likelihood import bits_per_dimension
from genbench.models.bases.probability_flow import log_density, spread, steps_between
from genbench.models.edm import EDM, deviation, grid
from genbench.seeding import torch_rng

MEAN, SD = 0.1, 0.2
LOW, HIGH = 0.01, 20.0
DATA = 0.37  # σ_data, of no distribution here


class Exact(nn.Module):
    """F for a known posterior mean, by the paper's table 1: F = (D − c_skip x) / c_out; it counts its calls."""

    def __init__(self, posterior: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.posterior, self.calls = posterior, 0

    def forward(self, inputs: Tensor, noise: Tensor) -> Tensor:
        self.calls += 1
        sigma = (4 * noise.double()).exp().view(-1, 1, 1, 1)
        total = sigma**2 + DATA**2
        states = inputs * total.sqrt()
        return ((self.posterior(states, sigma) - states * DATA**2 / total) * total.sqrt() / (sigma * DATA)).to(inputs)


def gaussian(states: Tensor, sigma: Tensor) -> Tensor:
    return MEAN + SD**2 / (SD**2 + sigma**2) * (states - MEAN)


def model(posterior: Callable[[Tensor, Tensor], Tensor] = gaussian, bounds: tuple[float, float] = (LOW, HIGH)) -> EDM:
    made = EDM((1, 1, 1), Exact(posterior), bounds, lr=0.1)
    made.levels.fill_(2**16)  # so fine that bins do not show
    made.sigma_data.fill_(DATA)
    return made


# The denoiser and its training


@pytest.mark.parametrize("sigma", [0.002, 0.3, 80.0])
def test_the_denoiser_of_an_exact_network_is_the_posterior_mean(sigma: float) -> None:
    states = torch.linspace(-3, 3, 11, dtype=torch.float64).view(-1, 1, 1, 1) * max(sigma, 1)
    sigmas = torch.full((11,), sigma, dtype=torch.float64)
    exact = gaussian(states, torch.tensor(sigma))
    torch.testing.assert_close(model().denoise(states, sigmas), exact, atol=1e-6, rtol=1e-6)


def test_a_network_of_zero_is_right_for_a_gaussian_of_the_data_s_variance() -> None:
    """c_skip x is the posterior mean of N(0, σ_data²), and a new U-Net gives zero."""
    made = edm.build((1, 8, 8), width=8, attention=True, lr=0.1)
    made.sigma_data.fill_(DATA)
    states = torch.randn(5, 1, 8, 8, generator=torch_rng(0, "states"))
    sigma = torch.tensor([0.01, 0.1, 1.0, 10.0, 80.0])
    shrink = (DATA**2 / (DATA**2 + sigma**2)).view(-1, 1, 1, 1)
    torch.testing.assert_close(made.denoise(states, sigma), shrink * states)


def batches() -> Iterator[Batch]:
    images = MEAN + SD * torch.randn(100_000, 1, 1, 1, generator=torch_rng(0, "images"))
    while True:
        yield Batch(images, torch.zeros(len(images), dtype=torch.int64))


def test_the_loss_is_the_weighed_variance_that_is_left() -> None:
    """E λ(σ) s² σ² / (s² + σ²) over log σ ~ N(−1.2, 1.2²)."""
    (update,) = model().updates(batches(), torch_rng(0, "step"), 1)

    def left(log_sigma: float) -> float:
        square = math.exp(2 * log_sigma)
        density = math.exp(-(((log_sigma + 1.2) / 1.2) ** 2) / 2) / (1.2 * math.sqrt(2 * math.pi))
        return density * (square + DATA**2) / (square * DATA**2) * SD**2 * square / (SD**2 + square)

    assert update.loss.item() == pytest.approx(quad(left, -12, 10)[0], rel=0.02)


class Line(nn.Module):
    """a x + b, at whatever noise."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(1, 1)

    def forward(self, inputs: Tensor, noise: Tensor) -> Tensor:
        out: Tensor = self.line(inputs)
        return out


def test_the_fitted_denoiser_is_the_posterior_mean() -> None:
    """At one σ the mean is a line in x, which the least loss finds."""
    sigma = 0.3
    made = EDM((1, 1, 1), Line(), (LOW, HIGH), 0.1, (math.log(sigma), 1e-6))
    made.levels.fill_(2**16)
    made.sigma_data.fill_(DATA)
    optimiser = torch.optim.LBFGS(made.network.parameters(), max_iter=20)
    data = batches()

    def loss() -> Tensor:
        optimiser.zero_grad()
        (update,) = made.updates(data, torch_rng(0, "step"), 1)
        update.loss.backward()  # type: ignore[no-untyped-call]
        return update.loss

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    states = torch.linspace(-1, 1, 9).view(-1, 1, 1, 1)
    exact = gaussian(states, torch.tensor(sigma))
    torch.testing.assert_close(made.denoise(states, torch.full((9,), sigma)), exact, atol=5e-3, rtol=0)


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_the_deviation_is_that_of_the_spread_pixels(levels: int) -> None:
    index = np.random.default_rng(0).integers(levels, size=(1500, 1, 4, 4)) ** 2 // levels
    pixels = np.round(index * (255 / (levels - 1))).astype(np.uint8)
    images = Images(pixels, np.zeros(len(pixels), np.int64))
    data = Data(images, images, images, levels, ())
    drawn = spread(scale(torch.tensor(pixels)).repeat(20, 1, 1, 1), torch.tensor(levels), torch_rng(0, "noise"))
    assert deviation(data) == pytest.approx(float(drawn.std()), rel=2e-3)
    made = edm.build((1, 4, 4), width=8, attention=False, lr=0.1)
    made.setup(data, torch_rng(0, "begin"))
    assert float(made.sigma_data) == pytest.approx(deviation(data))
    assert int(made.levels) == levels


# Samplers


def test_the_grid_is_karras_s() -> None:
    """Its ends, and equal steps of σ^(1/7)."""
    sigmas = grid(0.002, 80.0, 18)
    assert len(sigmas) == 18
    assert [sigmas[0], sigmas[-1]] == pytest.approx([80, 0.002])
    assert np.diff(np.array(sigmas) ** (1 / 7)) == pytest.approx((0.002 ** (1 / 7) - 80 ** (1 / 7)) / 17)
    assert grid(0.002, 80.0, 1) == [pytest.approx(80)]


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("heun", 2)])
def test_samplers_converge_at_their_order_on_a_mixture(
    solver: str, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probability flow of a mixture in one dimension keeps quantiles. Slope of log error against log steps."""
    monkeypatch.setattr(edm, "gather", lambda points, levels: points)
    centres, shares, spread_of = (-1.0, 2.0), (0.3, 0.7), 0.6

    def posterior(states: Tensor, sigma: Tensor) -> Tensor:
        x, total = states.double(), spread_of**2 + sigma.double() ** 2
        logs = [math.log(p) - (x - c) ** 2 / (2 * total) for p, c in zip(shares, centres, strict=True)]
        means = [c + spread_of**2 / total * (x - c) for c in centres]
        return (torch.stack(logs).softmax(0) * torch.stack(means)).sum(0)

    def below(x: float, sigma: float) -> float:
        total = math.hypot(spread_of, sigma)
        return sum(p * float(ndtr((x - c) / total)) for p, c in zip(shares, centres, strict=True))

    made, low, high = model(posterior, (0.01, 8.0)), 0.01, 8.0
    start = torch.tensor([-1.5, -0.6, -0.1, 0.5, 1.7], dtype=torch.float64)
    exact = []
    for x in (start * high).tolist():
        at_low = brentq(lambda y, q: below(y, low) - q, -30, 30, (below(x, high),), xtol=1e-13)
        point = torch.tensor(at_low, dtype=torch.float64).view(1, 1, 1, 1)
        exact.append(float(posterior(point, torch.tensor(low))))
    monkeypatch.setattr(torch, "randn", lambda *size, generator: start.view(-1, 1, 1, 1))

    def error(steps: int) -> float:
        found = made.sample(5, rng=torch_rng(0, "sample"), solver=solver, steps=steps)  # type: ignore[arg-type]
        return float((found.flatten() - torch.tensor(exact, dtype=torch.float64)).abs().mean())

    counts = [81, 161, 321] if solver == "heun" else [161, 321, 641]
    slope = np.polyfit(np.log([count - 1 for count in counts]), np.log([error(count) for count in counts]), 1)[0]
    assert -slope == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_samplers_call_the_network_as_often_as_they_say(solver: str) -> None:
    for steps in (1, 2, 7):
        made = model()
        made.sample(3, rng=torch_rng(0, "sample"), solver=solver, steps=steps)  # type: ignore[arg-type]
        assert made.network.calls == (steps if solver == "euler" else 2 * steps - 1)


def test_noise_flows_to_the_images() -> None:
    """(x − m) / √(s² + σ²) is kept down to σ_min, and the last step takes the mean."""
    images = model().sample(1000, rng=torch_rng(0, "sample"), steps=100)
    noise = HIGH * torch.randn(1000, 1, 1, 1, generator=torch_rng(0, "sample"))
    last = (noise - MEAN) * math.sqrt((SD**2 + LOW**2) / (SD**2 + HIGH**2)) * SD**2 / (SD**2 + LOW**2)
    torch.testing.assert_close(images, (MEAN + last).clamp(-1, 1), atol=2e-3, rtol=0)


def test_churn_has_the_variance_of_its_recursion() -> None:
    """A step is linear for a Gaussian: noise adds a known variance, and Heun's method multiplies by a known factor."""
    steps, churn, extra, first, last = 9, 3.0, 1.1, 0.05, 5.0
    drawn = model().sample(
        100_000,
        rng=torch_rng(0, "sample"),
        steps=steps,
        churn=churn,
        churn_from=first,
        churn_to=last,
        churn_noise=extra,
    )

    def rate(sigma: float) -> float:
        return sigma / (SD**2 + sigma**2)  # of x − m

    mean, variance, noisy = -MEAN, HIGH**2, 0
    for sigma, smaller in pairwise([*grid(LOW, HIGH, steps), 0.0]):
        if first <= sigma <= last:
            more = sigma * (1 + min(churn / steps, math.sqrt(2) - 1))
            variance, sigma, noisy = variance + extra**2 * (more**2 - sigma**2), more, noisy + 1
        step = smaller - sigma
        factor = 1 + step * rate(sigma)
        if smaller:
            factor = 1 + step / 2 * (rate(sigma) + rate(smaller) * factor)
        mean, variance = factor * mean, factor**2 * variance
    assert 1 < noisy < steps
    assert float(drawn.mean()) == pytest.approx(MEAN + mean, abs=3e-3)
    assert float(drawn.std()) == pytest.approx(math.sqrt(variance), rel=0.01)


@pytest.mark.parametrize("option", ["churn_from", "churn_to", "churn_noise"])
def test_options_of_churn_are_refused_without_it(option: str) -> None:
    made = model()
    with pytest.raises(InputError, match=f"{option}: expected none beside churn: 0, .*got 0.5"):
        made.sample(1, rng=torch_rng(0, "sample"), **{option: 0.5})  # type: ignore[arg-type]
    assert made.network.calls == 0


def test_the_ends_of_the_grid_are_in_order() -> None:
    with pytest.raises(InputError, match="sigma_min, sigma_max: expected the first below the second, got 2 and 1"):
        edm.build((1, 8, 8), width=8, attention=False, sigma_min=2, sigma_max=1, lr=0.1)


# The likelihood


def test_the_density_is_the_gaussians() -> None:
    """Noise N(0, σ_max²) at the end stands for N(m, s² + σ_max²), which is off by little that is known."""
    points = torch.linspace(-0.5, 0.7, 9, dtype=torch.float64).view(-1, 1, 1, 1)
    times = steps_between(math.log(LOW), math.log(HIGH), 200)
    density = log_density(model().velocity_of_log, points, times, noise_sd=HIGH, rng=torch_rng(0, "signs"))
    stretch = math.sqrt((SD**2 + HIGH**2) / (SD**2 + LOW**2))
    exact = Normal(MEAN * (1 - 1 / stretch), HIGH / stretch).log_prob(points).flatten(1).sum(1)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(density, exact, atol=1e-3, rtol=0)


BIN = 2 / 17
CENTRES, WITHIN = torch.arange(17) * BIN - 1 + BIN / 2, BIN / math.sqrt(12)
SHARES = torch.tensor([0.5] + [0.2 / 15] * 15 + [0.3])


def of_levels(states: Tensor, sigma: Tensor) -> Tensor:
    """Mean of normal noise of a bin's variance around the middles of 17 levels, in one pixel."""
    total = WITHIN**2 + sigma**2
    middle = ((SHARES.log() - (states - CENTRES) ** 2 / (2 * total)).softmax(-1) * CENTRES).sum(-1, keepdim=True)
    return middle + WITHIN**2 / total * (states - middle)


def test_a_likelihood_of_the_steps_there_are_is_off_by_less_than_two_thousandths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = model(of_levels, (0.02, 20.0))
    made.levels.fill_(17)
    index = torch.multinomial(SHARES, 2000, replacement=True, generator=torch_rng(0, "levels"))
    images = (index / 8 - 1).view(-1, 1, 1, 1)

    def bits(steps: int) -> float:
        monkeypatch.setattr(probability_flow, "LIKELIHOOD_STEPS", steps)
        said = made.log_likelihood(images, draws=1, rng=torch_rng(0, "likelihood"))
        assert said.kind == "estimate"
        return float(bits_per_dimension(said.nats.double(), (1, 1, 1)).mean())

    assert abs(bits(probability_flow.LIKELIHOOD_STEPS) - bits(64)) < 0.002

"""Flow matching on Gaussian images, where the best velocity is known.

x_t = (1 − t) x₀ + t x₁ with x₀ ~ N(0, 1) and x₁ ~ N(m, s²) is N(tm, v), v = (1 − t)² + t² s², and the mean of x₁ − x₀
given x_t is m + (t s² − (1 − t)) / v · (x_t − tm); its variance is 1 + s² − (t s² − (1 − t))² / v = s² / v. The flow
along it is x_t = tm + √v z, from z at t = 0 to m + s z at t = 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from scipy.integrate import quad
from torch import Tensor, nn
from torch.distributions import Normal

from genbench.engine.learner import Batch
from genbench.models.bases.probability_flow import EVALUATIONS, Solver, log_density, steps_between
from genbench.models.flow_matching import FlowMatching
from genbench.seeding import torch_rng

MEAN, SD = 0.1, 0.2


class Best(nn.Module):
    """The best velocity, plus a constant; it counts its calls."""

    def __init__(self, wrong: float = 0.0) -> None:
        super().__init__()
        self.wrong, self.calls = wrong, 0

    def forward(self, states: Tensor, times: Tensor) -> Tensor:
        self.calls += 1
        t = times.view(-1, 1, 1, 1)
        variance = (1 - t) ** 2 + t**2 * SD**2
        return self.wrong + MEAN + (t * SD**2 - (1 - t)) / variance * (states - t * MEAN)


def model(wrong: float = 0.0) -> FlowMatching:
    made = FlowMatching((1, 1, 1), Best(wrong), lr=0.1)
    made.levels.fill_(2**16)  # so fine that bins do not show
    return made


@pytest.mark.parametrize("wrong", [0.0, 0.5])
def test_the_loss_is_the_variance_that_is_left_and_the_squared_error(wrong: float) -> None:
    def batches() -> Iterator[Batch]:
        images = MEAN + SD * torch.randn(200_000, 1, 1, 1, generator=torch_rng(0, "images"))
        yield Batch(images, torch.zeros(200_000, dtype=torch.int64))

    (update,) = model(wrong).updates(batches(), torch_rng(0, "step"), 1)
    left = quad(lambda t: SD**2 / ((1 - t) ** 2 + t**2 * SD**2), 0, 1)[0]
    assert update.loss.item() == pytest.approx(left + wrong**2, abs=5e-3)


@pytest.mark.parametrize("solver", EVALUATIONS)
def test_noise_flows_to_the_images(solver: Solver) -> None:
    drawn = model()
    images = drawn.sample(1000, rng=torch_rng(0, "sample"), solver=solver, steps=100)
    noise = torch.randn(1000, 1, 1, 1, generator=torch_rng(0, "sample"))
    torch.testing.assert_close(images, MEAN + SD * noise, atol=0.03 if solver == "euler" else 1e-3, rtol=0)
    assert drawn.network.calls == 100 * EVALUATIONS[solver]


def test_the_density_is_the_gaussians() -> None:
    points = torch.linspace(-0.5, 0.7, 9, dtype=torch.float64).view(-1, 1, 1, 1)
    density = log_density(model().velocity, points, steps_between(1, 0, 200), noise_sd=1.0, rng=torch_rng(0, "signs"))
    exact = Normal(MEAN, SD).log_prob(points).flatten(1).sum(1)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(density, exact, atol=1e-3, rtol=0)


def test_the_likelihood_is_of_a_grey_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """On 16 levels, P is at least exp of the mean log density over the bin, times its width."""
    monkeypatch.setattr("genbench.models.bases.probability_flow.LIKELIHOOD_STEPS", 100)
    made = model()
    made.levels.fill_(16)
    level = 8
    image = torch.full((4000, 1, 1, 1), 2 * level / 15 - 1)
    likelihood = made.log_likelihood(image, draws=2, rng=torch_rng(0, "likelihood"))
    low, high = 2 * level / 16 - 1, 2 * (level + 1) / 16 - 1
    gaussian = Normal(MEAN, SD)
    bound = quad(lambda x: gaussian.log_prob(torch.tensor(x)).item(), low, high)[0] / (high - low)  # type: ignore[no-untyped-call]
    bound += torch.tensor(high - low).log().item()
    assert float(likelihood.nats.mean()) == pytest.approx(bound, abs=3e-3)
    assert bound < (gaussian.cdf(torch.tensor(high)) - gaussian.cdf(torch.tensor(low))).log()  # type: ignore[no-untyped-call]
    assert likelihood.kind == "estimate"

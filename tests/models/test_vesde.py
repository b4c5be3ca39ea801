"""The variance-exploding diffusion on Gaussian images, where the score is known.

Images N(m, s²) with noise of σ are N(m, s² + σ²), and the mean noise in x is σ (x − m) / (s² + σ²). The probability
flow keeps (x − m) / √(s² + σ²).
"""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.models.bases.probability_flow import log_density
from genbench.models.vesde import VESDE
from genbench.pipeline import runs
from genbench.seeding import torch_rng

MEAN, SD = 0.1, 0.2
LOW, HIGH = 0.01, 5.0


class Best(nn.Module):
    """The mean noise of a state; it counts its calls."""

    calls = 0

    def forward(self, states: Tensor, sigma: Tensor) -> Tensor:
        self.calls += 1
        sigma = sigma.view(-1, 1, 1, 1)
        return sigma * (states - MEAN) / (SD**2 + sigma**2)


def model(shape: Shape = (1, 1, 1)) -> VESDE:
    made = VESDE(shape, Best(), (LOW, HIGH), lr=0.1)
    made.levels.fill_(2**16)
    return made


def test_the_flow_keeps_what_a_gaussian_keeps() -> None:
    drawn = model()
    images = drawn.sample(1000, rng=torch_rng(0, "sample"), sampler="flow", steps=100)
    noise = HIGH * torch.randn(1000, 1, 1, 1, generator=torch_rng(0, "sample"))
    last = (noise - MEAN) * math.sqrt((SD**2 + LOW**2) / (SD**2 + HIGH**2))
    torch.testing.assert_close(images, (MEAN + last * SD**2 / (SD**2 + LOW**2)).clamp(-1, 1), atol=2e-3, rtol=0)
    assert drawn.network.calls == 2 * 100 + 1


@pytest.mark.parametrize(("corrections", "snr"), [(0, None), (1, 0.05)])
def test_a_reversed_diffusion_draws_the_images(corrections: int, snr: float | None) -> None:
    drawn = model((1, 16, 16))
    images = drawn.sample(100, rng=torch_rng(0, "sample"), steps=300, corrections=corrections, snr=snr)
    assert float(images.mean()) == pytest.approx(MEAN, abs=0.01)
    assert float(images.std()) == pytest.approx(SD, abs=0.01)
    assert drawn.network.calls == 300 * (1 + corrections) + 1


def test_a_correction_has_the_signal_to_noise_that_was_asked_for() -> None:
    """step · ‖score‖ over √(2 step) √D is snr for every image: Song et al. 2021, algorithm 4."""
    made = model((1, 4, 4))
    states = torch.randn(3, 1, 4, 4, generator=torch_rng(0, "states"), dtype=torch.float64)
    moved = made._correct(states, 0.5, 0.3, torch_rng(0, "noise"))
    noise = torch.randn(3, 1, 4, 4, generator=torch_rng(0, "noise")).double()
    score = -(states - MEAN) / (SD**2 + 0.25)
    for index in range(3):
        step = 2 * (0.3 * 4 / float(score[index].norm())) ** 2
        torch.testing.assert_close(
            moved[index], states[index] + step * score[index] + math.sqrt(2 * step) * noise[index]
        )
        assert step * float(score[index].norm()) / (math.sqrt(2 * step) * 4) == pytest.approx(0.3)


def test_the_density_is_the_gaussians() -> None:
    """Noise N(0, σ_max²) at the end stands for N(m, s² + σ_max²), so the image's Gaussian is a little off: by how much
    is known, since the flow is linear."""
    points = torch.linspace(-0.5, 0.7, 9, dtype=torch.float64).view(-1, 1, 1, 1)
    made = model()
    density = log_density(made.velocity, points, made._times(400), noise_sd=HIGH, rng=torch_rng(0, "signs"))
    stretch = math.sqrt((SD**2 + HIGH**2) / (SD**2 + LOW**2))
    exact = Normal(MEAN * (1 - 1 / stretch), HIGH / stretch).log_prob(points).flatten(1).sum(1)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(density, exact, atol=1e-3, rtol=0)
    nearly = Normal(MEAN, math.sqrt(SD**2 + LOW**2)).log_prob(points).flatten(1).sum(1)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(density, nearly, atol=0.1, rtol=0)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match="corrections: expected 0 beside sampler: flow, got 1"):
        model().sample(1, rng=torch_rng(0, "sample"), sampler="flow", corrections=1)
    half = {"model": "vesde", "width": 8, "attention": False, "sigma_min": 2, "sigma_max": 1, "lr": 0.1}
    with pytest.raises(InputError, match="sigma_min, sigma_max: expected the first below the second, got 2 and 1"):
        runs.model(half, (1, 8, 8))

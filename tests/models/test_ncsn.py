"""Annealed Langevin dynamics on Gaussian images, where the score is known and the dynamics are linear."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from genbench.data.datasets import digits
from genbench.data.splits import split
from genbench.engine.learner import Batch
from genbench.errors import InputError
from genbench.models.bases.score_matching import ratios
from genbench.models.ncsn import NCSN, best_step, variance_left
from genbench.pipeline import params, runs
from genbench.seeding import numpy_rng, torch_rng
from tests.support.clone import ROOT

MEAN, SD = 0.1, 0.2
CATALOGUE = params.load(ROOT / "params.yaml").runs


class Best(nn.Module):
    """The mean noise of a state, σ (x − m) / (s² + σ²), plus a constant; it counts its calls."""

    def __init__(self, wrong: float = 0.0) -> None:
        super().__init__()
        self.wrong, self.calls = nn.Parameter(torch.tensor(wrong)), 0

    def forward(self, states: Tensor, sigma: Tensor) -> Tensor:
        self.calls += 1
        sigma = sigma.view(-1, 1, 1, 1)
        return self.wrong + sigma * (states - MEAN) / (SD**2 + sigma**2)


def test_at_one_scale_the_variance_becomes_that_of_the_noisy_images() -> None:
    """x ← x − a/V (x − m) + √(2a) z, V = s² + σ², has the stationary variance V / (1 − a / 2V)."""
    sigma, step_size = 0.3, 0.3
    made = NCSN((1, 1, 1), Best(), [sigma], lr=0.1)
    images = made.sample(100_000, rng=torch_rng(0, "sample"), steps=60, step_size=step_size).detach()
    noisy = SD**2 + sigma**2
    stationary = noisy / (1 - step_size * sigma**2 / (2 * noisy))
    # The last step shrinks x − m by s² / V.
    assert float(images.std()) == pytest.approx(math.sqrt(stationary) * SD**2 / noisy, rel=0.01)
    assert float(images.mean()) == pytest.approx(MEAN, abs=2e-3)
    assert made.network.calls == 61


@pytest.mark.parametrize(("steps", "step_size"), [(1, 0.3), (5, 0.18), (5, 0.3)])
def test_the_variance_that_a_scale_leaves_is_that_of_its_recursion(steps: int, step_size: float) -> None:
    """Of noise alone at a scale of variance 1, a step gives (1 − s)² v + 2 s; Song and Ermon (2020), proposition 3."""
    ratio = (6 / 0.03) ** (1 / 29)
    variance = ratio**2
    for _ in range(steps):
        variance = (1 - step_size) ** 2 * variance + 2 * step_size
    assert variance_left(step_size, steps, ratio) == pytest.approx(variance)


def test_the_best_step_of_five_at_two_hundred_to_one_in_thirty_scales() -> None:
    """0.3 leaves 1.184 of the variance; nothing leaves less than 1.146, at 0.186."""
    ratio = (6 / 0.03) ** (1 / 29)
    assert variance_left(0.3, 5, ratio) == pytest.approx(1.184, abs=5e-4)
    assert best_step(5, ratio) == pytest.approx(0.186)
    assert variance_left(best_step(5, ratio), 5, ratio) == pytest.approx(1.146, abs=5e-4)


def test_the_best_step_is_taken_where_none_is_given() -> None:
    made = NCSN((1, 1, 1), Best(), ratios(5.0, 0.01, 39), lr=0.1)
    size = best_step(3, made.sigmas[0] / made.sigmas[1])
    one, other = (made.sample(5, rng=torch_rng(0, "s"), steps=3, step_size=given) for given in (None, size))
    assert torch.equal(one, other)


def test_the_run_starts_from_the_largest_distance_of_digits() -> None:
    counts: dict[str, int | float] = {"train": 897, "validation": 180, "reference": 360, "held_out": 360}
    train = split(digits.load(source=Path(), size=None), counts, numpy_rng(0, "split"))["train"]  # as in params.yaml
    points = torch.from_numpy(train.pixels).double().flatten(1) / 127.5 - 1
    largest = float(torch.cdist(points, points).max())
    assert largest <= CATALOGUE["ncsn"].train["sigma_max"] < largest + 0.1


def test_annealing_has_the_variance_of_its_recursion() -> None:
    """At each step x − m is multiplied by 1 − a / V and gains variance 2a; many scales come near that of the images."""
    sigmas = ratios(5.0, 0.01, 39)
    made = NCSN((1, 1, 1), Best(), sigmas, lr=0.1)
    images = made.sample(20_000, rng=torch_rng(0, "sample"), steps=3, step_size=0.3).detach()
    mean, variance = 0.0, sigmas[0] ** 2
    for sigma in sigmas:
        for _ in range(3):
            kept = 1 - 0.3 * sigma**2 / (SD**2 + sigma**2)
            mean, variance = MEAN + kept * (mean - MEAN), kept**2 * variance + 2 * 0.3 * sigma**2
    shrink = SD**2 / (SD**2 + sigmas[-1] ** 2)
    assert float(images.mean()) == pytest.approx(MEAN + shrink * (mean - MEAN), abs=0.005)
    assert float(images.std()) == pytest.approx(shrink * math.sqrt(variance), rel=0.02)
    assert float(images.std()) == pytest.approx(SD, rel=0.15)
    assert made.network.calls == 40 * 3 + 1


@pytest.mark.parametrize("wrong", [0.0, 0.5])
def test_the_loss_is_the_noise_that_cannot_be_seen_and_the_squared_error(wrong: float) -> None:
    """The variance of z given x + σz is s² / (s² + σ²); errors are weighed by 1 + σ²."""
    sigmas = [2.0, 0.5, 0.1]

    def batches() -> Iterator[Batch]:
        images = MEAN + SD * torch.randn(200_000, 1, 1, 1, generator=torch_rng(0, "images"))
        yield Batch(images, torch.zeros(200_000, dtype=torch.int64))

    (update,) = NCSN((1, 1, 1), Best(wrong), sigmas, lr=0.1).updates(batches(), torch_rng(0, "step"), 1)
    left = [(1 + sigma**2) * (SD**2 / (SD**2 + sigma**2) + wrong**2) for sigma in sigmas]
    assert update.loss.item() == pytest.approx(sum(left) / 3, abs=0.01)


def test_scales_are_in_equal_ratios() -> None:
    made = ratios(8.0, 0.5, 4)
    assert made == pytest.approx([8, 4, 2, 1, 0.5])
    half = {"model": "ncsn", "width": 8, "attention": False, "sigma_min": 0.1, "sigma_max": 1, "scales": 1, "lr": 0.1}
    with pytest.raises(InputError, match="scales: expected at least 2, .*got 1"):
        runs.model(half, (1, 8, 8))

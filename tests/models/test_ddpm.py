"""The diffusion model on Gaussian images, where the best predictor is known.

With images N(m, s²) and a = √ᾱ_t, x_t is N(am, V), V = ᾱ s² + 1 − ᾱ. The mean noise in x_t is √(1 − ᾱ) (x_t − am) / V.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from scipy.special import ndtr
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from genbench.data.images import Images
from genbench.engine.learner import Batch, Data
from genbench.errors import InputError
from genbench.models import ddpm
from genbench.models.ddpm import DDPM, Sampler, Schedule, noise_schedule
from genbench.seeding import torch_rng

MEAN, SD = 0.1, 0.15
schedules = pytest.mark.parametrize("schedule", ["linear", "cosine"])


class Best(nn.Module):
    """The mean noise of a state, and `per_class` more for each class; it counts its calls."""

    def __init__(self, alpha_bar: Tensor, per_class: float) -> None:
        super().__init__()
        self.alpha_bar, self.per_class, self.calls = alpha_bar, per_class, 0

    def forward(self, states: Tensor, times: Tensor, labels: Tensor | None) -> Tensor:
        self.calls += 1
        alpha_bar = self.alpha_bar[(times * (len(self.alpha_bar) - 1)).round().long()].to(states).view(-1, 1, 1, 1)
        noise = (1 - alpha_bar).sqrt() * (states - alpha_bar.sqrt() * MEAN) / (alpha_bar * SD**2 + 1 - alpha_bar)
        return noise if labels is None else noise + self.per_class * (labels.view(-1, 1, 1, 1) + 1)


def model(schedule: Schedule = "cosine", timesteps: int = 50, classes: int = 0, per_class: float = 0.0) -> DDPM:
    alpha_bar = noise_schedule(schedule, timesteps)
    return DDPM((1, 1, 1), Best(alpha_bar, per_class), alpha_bar, classes, 0.0, lr=0.1)


def even_in_lambda(timesteps: int) -> DDPM:
    """With λ = log(√ᾱ / √(1 − ᾱ)) evenly from 3 to −5, for t = 1 … T."""
    alpha_bar = torch.cat([torch.ones(1), torch.linspace(3, -5, timesteps).mul(2).sigmoid()]).double()
    return DDPM((1, 1, 1), Best(alpha_bar, 0.0), alpha_bar, 0, 0.0, lr=0.1)


def spread_of(alpha_bar: float) -> float:
    """√V of x_t."""
    return math.sqrt(alpha_bar * SD**2 + 1 - alpha_bar)


@schedules
def test_a_schedule_goes_from_the_image_to_noise(schedule: Schedule) -> None:
    for timesteps in (10, 100, 1000):
        alpha_bar = noise_schedule(schedule, timesteps)
        assert len(alpha_bar) == timesteps + 1
        assert alpha_bar[0] == 1
        assert (alpha_bar.diff() < 0).all()
        assert 0 < alpha_bar[-1] < 1e-4
    if schedule == "linear":  # Ho et al. 2020, section 4
        betas = 1 - alpha_bar[1:] / alpha_bar[:-1]
        torch.testing.assert_close(betas[[0, -1]], torch.tensor([1e-4, 0.02], dtype=torch.float64))
    else:  # Nichol and Dhariwal 2021, equation 17, at the middle
        angles = (np.array([0.5, 0]) + 0.008) / 1.008 * np.pi / 2
        assert float(alpha_bar[500]) == pytest.approx(np.divide(*np.cos(angles) ** 2))


def test_the_loss_is_the_noise_that_cannot_be_seen() -> None:
    """The variance of ε given x_t is ᾱ s² / V."""
    made = model(timesteps=10)

    def batches() -> Iterator[Batch]:
        images = MEAN + SD * torch.randn(200_000, 1, 1, 1, generator=torch_rng(0, "images"))
        yield Batch(images, torch.zeros(200_000, dtype=torch.int64))

    (update,) = made.updates(batches(), torch_rng(0, "step"), 1)
    left = np.mean([k * SD**2 / (k * SD**2 + 1 - k) for k in made.alpha_bar[1:].tolist()])
    assert update.loss.item() == pytest.approx(left, abs=5e-3)


@schedules
def test_ddim_multiplies_the_distance_from_the_mean_by_a_known_factor(schedule: Schedule) -> None:
    """Between t and s, x − am is multiplied by (√ᾱ_t ᾱ_s s² + √((1 − ᾱ_t)(1 − ᾱ_s))) / V_t."""
    made = model(schedule)
    images = made.sample(500, rng=torch_rng(0, "sample"), sampler="ddim", steps=7)
    alpha_bar = made.alpha_bar.tolist()
    factor = 1.0
    for t, s in pairwise(made.path(7)):
        mixed = math.sqrt(alpha_bar[t] * alpha_bar[s]) * SD**2 + math.sqrt((1 - alpha_bar[t]) * (1 - alpha_bar[s]))
        factor *= mixed / (alpha_bar[t] * SD**2 + 1 - alpha_bar[t])
    noise = torch.randn(500, 1, 1, 1, generator=torch_rng(0, "sample"))
    expected = MEAN + factor * (noise - math.sqrt(alpha_bar[-1]) * MEAN)
    torch.testing.assert_close(images, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("sampler", ["ddim", "dpm2"])
@schedules
def test_many_steps_map_noise_to_the_gaussian(schedule: Schedule, sampler: Sampler) -> None:
    images = model(schedule, timesteps=1000).sample(500, rng=torch_rng(0, "sample"), sampler=sampler)
    noise = torch.randn(500, 1, 1, 1, generator=torch_rng(0, "sample"))
    torch.testing.assert_close(images, MEAN + SD * noise, atol=1e-2, rtol=0)


@pytest.mark.parametrize("options", [{"sampler": "ddpm"}, {"sampler": "ddim", "eta": 1.0}], ids=str)
def test_ancestral_sampling_has_the_variance_of_its_recursion(options: dict[str, Any]) -> None:
    """x_s = √ᾱ_s x̂ + c (x_t − √ᾱ_t x̂) / √(1 − ᾱ_t) + √v z is linear, so its variance is known at every step."""
    made = model(timesteps=20)
    images = made.sample(100_000, rng=torch_rng(0, "sample"), **options)
    alpha_bar, variance = made.alpha_bar.tolist(), 1.0
    for t, s in pairwise(range(20, -1, -1)):
        added = (1 - alpha_bar[s]) / (1 - alpha_bar[t]) * (1 - alpha_bar[t] / alpha_bar[s])
        seen = math.sqrt(alpha_bar[t]) * SD**2 / (alpha_bar[t] * SD**2 + 1 - alpha_bar[t])
        direct = math.sqrt((1 - alpha_bar[s] - added) / (1 - alpha_bar[t]))
        variance = (
            math.sqrt(alpha_bar[s]) * seen + direct * (1 - math.sqrt(alpha_bar[t]) * seen)
        ) ** 2 * variance + added
    assert float(images.mean()) == pytest.approx(MEAN, abs=2e-3)
    assert float(images.std()) == pytest.approx(math.sqrt(variance), rel=0.01)


def test_dpm2_is_of_second_order() -> None:
    """Against the flow itself, which keeps (x − am) / √V: from T to 1, where λ is evenly divided, then to x̂ at 1."""
    made = even_in_lambda(481)
    first, last = float(made.alpha_bar[1]), float(made.alpha_bar[-1])
    noise = torch.randn(500, 1, 1, 1, generator=torch_rng(0, "sample"))
    at_first = (noise - math.sqrt(last) * MEAN) * spread_of(first) / spread_of(last)
    exact = MEAN + at_first * math.sqrt(first) * SD**2 / spread_of(first) ** 2

    def error(sampler: Sampler, steps: int) -> float:
        images = made.sample(500, rng=torch_rng(0, "sample"), sampler=sampler, steps=steps)
        return float((images - exact).abs().mean())

    assert error("dpm2", 121) / error("dpm2", 241) == pytest.approx(4, rel=0.2)
    assert error("ddim", 31) / error("ddim", 61) == pytest.approx(2, rel=0.2)
    assert error("dpm2", 31) < error("ddim", 31) / 10


@pytest.mark.parametrize(("sampler", "order"), [("ddim", 1), ("dpm2", 2)])
def test_samplers_converge_at_their_order_on_a_mixture(
    sampler: Sampler, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probability flow of a mixture in one dimension keeps quantiles. Slope of log error against log steps."""
    made, centres, shares = even_in_lambda(1921), (-0.4, 0.5), (0.3, 0.7)

    def normals(x: float | Tensor, alpha_bar: float) -> list[Any]:
        return [(x - math.sqrt(alpha_bar) * centre) / spread_of(alpha_bar) for centre in centres]

    def below(x: float, alpha_bar: float) -> float:
        return sum(share * float(ndtr(z)) for share, z in zip(shares, normals(x, alpha_bar), strict=True))

    def predict(states: Tensor, alpha_bar: float) -> Tensor:
        scores = normals(states, alpha_bar)
        weights = torch.stack([math.log(p) - z**2 / 2 for p, z in zip(shares, scores, strict=True)]).softmax(0)
        pull = math.sqrt(alpha_bar) * SD**2 / spread_of(alpha_bar)
        return (weights * torch.stack([c + pull * z for c, z in zip(centres, scores, strict=True)])).sum(0)

    def predict_x0(states: Tensor, times: Tensor, labels: Tensor | None, guidance: float) -> Tensor:
        return predict(states, float(made.alpha_bar[times[0]]))

    first, last = float(made.alpha_bar[1]), float(made.alpha_bar[-1])
    start = torch.tensor([-1.7, -0.9, -0.3, 0.2, 1.4], dtype=torch.float64)
    at_first = [brentq(lambda y, q: below(y, first) - q, -9, 9, (below(x, last),), xtol=1e-14) for x in start.tolist()]
    exact = predict(torch.tensor(at_first, dtype=torch.float64), first)
    monkeypatch.setattr(torch, "randn", lambda *size, generator: start.view(-1, 1, 1, 1))
    monkeypatch.setattr(made, "predict_x0", predict_x0)

    def error(steps: int) -> float:
        return float(
            (made.sample(5, rng=torch_rng(0, "x"), sampler=sampler, steps=steps + 1).flatten() - exact).abs().mean()
        )

    counts = [120, 240, 480]
    slope = np.polyfit(np.log(counts), np.log([error(count) for count in counts]), 1)[0]
    assert -slope == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize(("steps", "path"), [(1, [9, 0]), (2, [9, 1, 0]), (3, [9, 5, 1, 0]), (9, [*range(9, -1, -1)])])
def test_steps_go_through_times_from_first_to_last(steps: int, path: list[int]) -> None:
    made = model(timesteps=9)
    assert made.path(steps) == path
    for sampler in ("ddpm", "ddim", "dpm2"):
        assert isinstance(made.network, Best)
        made.network.calls = 0
        made.sample(2, rng=torch_rng(0, "sample"), sampler=sampler, steps=steps)
        assert made.network.calls == steps


def test_guidance_is_linear_and_nothing_at_zero() -> None:
    made = model(classes=3, per_class=0.1)
    states, times = torch.randn(4, 1, 1, 1, generator=torch_rng(0, "x")), torch.full((4,), 20)
    labels = torch.tensor([0, 1, 2, 2])
    conditional, unconditional = made.noise(states, times, labels), made.noise(states, times)
    torch.testing.assert_close(conditional - unconditional, 0.1 * (labels + 1.0).view(-1, 1, 1, 1))
    assert torch.equal(made.noise(states, times, labels, 0.0), conditional)
    for weight in (0.5, 1.0, 3.0):
        torch.testing.assert_close(
            made.noise(states, times, labels, weight), conditional + weight * (conditional - unconditional)
        )
    assert isinstance(made.network, Best)
    made.network.calls = 0
    made.sample(4, rng=torch_rng(0, "x"), labels=labels, steps=5, guidance=0.5)
    assert made.network.calls == 10, "two calls a step"


def test_labels_are_drawn_as_often_as_in_the_data() -> None:
    labels = np.array([0] * 10 + [2] * 30)
    images = Images(np.zeros((40, 1, 1, 1), np.uint8), labels)
    made = model(classes=3)
    made.setup(Data(images, images, images, 2, ("a", "b", "c")), torch_rng(0, "begin"))
    drawn = made.draw_labels(10_000, rng=torch_rng(0, "labels"))
    assert drawn is not None
    assert (torch.bincount(drawn, minlength=3) / 10_000).tolist() == pytest.approx([0.25, 0, 0.75], abs=0.02)


# The bound


def test_a_model_of_classes_has_no_likelihood_of_its_samples() -> None:
    assert model().of_samples
    assert not model(classes=3).of_samples


def expected_sum(made: DDPM, image: float) -> float:
    """L_T + Σ L_{t−1} of an image, in closed form."""
    alpha_bar = made.alpha_bar.tolist()
    total = 0.5 * (alpha_bar[-1] * image**2 - alpha_bar[-1] - math.log(1 - alpha_bar[-1]))
    for before, after in pairwise(alpha_bar[1:]):
        gain = math.sqrt(after) * SD**2 / (after * SD**2 + 1 - after)
        error = (image - MEAN) ** 2 * (1 - gain * math.sqrt(after)) ** 2 + gain**2 * (1 - after)
        total += 0.5 * (before / (1 - before) - after / (1 - after)) * error
    return total


def expected_decoded(made: DDPM, image: float) -> float:
    """−L_0 on 17 levels, by Gauss and Hermite's quadrature."""
    alpha_bar = float(made.alpha_bar[1])
    gain, sd = (
        math.sqrt(alpha_bar) * SD**2 / (alpha_bar * SD**2 + 1 - alpha_bar),
        math.sqrt((1 - alpha_bar) / alpha_bar),
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    total = 0.0
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        x0 = MEAN + gain * (math.sqrt(alpha_bar) * (image - MEAN) + math.sqrt(1 - alpha_bar) * node)
        low, high = ((image + side / 16 - x0) / sd / math.sqrt(2) for side in (-1, 1))
        total += weight * math.log(max(math.erf(high) - math.erf(low), 1e-300) / 2)
    return total


@pytest.mark.parametrize(("draws", "terms"), [(1, 8), (2, 16), (3, 19), (100, 19)])
def test_the_bound_is_right_on_average_and_whole_with_enough_draws(draws: int, terms: int) -> None:
    made = model(timesteps=20)
    made.levels.fill_(17)
    image = 0.25
    bound = made.log_likelihood(torch.full((40_000, 1, 1, 1), image), draws=draws, rng=torch_rng(0, "likelihood"))
    expected = expected_decoded(made, image) - expected_sum(made, image)
    assert float(bound.nats.mean()) == pytest.approx(expected, abs=4 * float(bound.nats.std()) / math.sqrt(40_000))
    assert bound.kind == "lower bound"
    assert made.network.calls == 1 + terms


def test_the_sum_falls_to_the_divergence_of_the_first_noisy_image() -> None:
    """With the best predictor and ever more steps, L_T + Σ L_{t−1} becomes KL(q(x_1 | x_0) ‖ p(x_1)), of two Gaussians.

    A step of log SNR h costs h² / 4 too much where nothing of the image is known yet, so the gap halves with h.
    """
    gaps = []
    for timesteps in (241, 481, 961):
        made = even_in_lambda(timesteps)
        first = float(made.alpha_bar[1])
        image = Normal(math.sqrt(first) * 0.25, math.sqrt(1 - first))
        least = kl_divergence(image, Normal(math.sqrt(first) * MEAN, spread_of(first))).item()
        gaps.append(expected_sum(made, 0.25) - least)
    assert 0 < gaps[2] < 0.05
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.1)
    assert gaps[1] / gaps[2] == pytest.approx(2, rel=0.1)


class OfLevels(nn.Module):
    """The noise in a state of a pixel that has each of 17 grey levels with the same probability."""

    def __init__(self, alpha_bar: Tensor) -> None:
        super().__init__()
        self.alpha_bar, self.values = alpha_bar, torch.linspace(-1, 1, 17)

    def forward(self, states: Tensor, times: Tensor, labels: Tensor | None) -> Tensor:
        alpha_bar = self.alpha_bar[(times * (len(self.alpha_bar) - 1)).round().long()].to(states).view(-1, 1, 1, 1)
        distances = (states - alpha_bar.sqrt() * self.values).square()  # the last axis, of one pixel, is that of levels
        mean = ((-distances / (2 * (1 - alpha_bar))).softmax(-1) * self.values).sum(-1, keepdim=True)
        return (states - alpha_bar.sqrt() * mean) / (1 - alpha_bar).sqrt()


def of_levels(lowest_noise: float) -> DDPM:
    alpha_bar = noise_schedule("cosine", 100)
    made = DDPM((1, 1, 1), OfLevels(alpha_bar), alpha_bar, 0, 0.0, 0.1, lowest_noise)
    made.levels.fill_(17)
    return made


def excess(lowest_noise: float) -> float:
    """Bits of the bound above log₂ 17, which is exact, for the best predictor of equally probable grey levels."""
    images = (torch.arange(17) / 8 - 1).repeat(1000).view(-1, 1, 1, 1)
    said = of_levels(lowest_noise).log_likelihood(images, draws=100, rng=torch_rng(0, "likelihood"))
    return -float(said.nats.mean()) / math.log(2) - math.log2(17)


def test_a_lowest_noise_of_half_a_grey_step_makes_the_bound_tight() -> None:
    assert excess(0.0) > 1.1, "a last step to a fifth of a grey step costs more than a bit"
    assert 0 < excess(0.5) < 0.3


@pytest.mark.parametrize(("lowest_noise", "first"), [(0.0, 1), (0.2, 1), (0.25, 2), (0.5, 4), (1.0, 8), (1e9, 100)])
def test_the_way_back_ends_where_noise_is_some_grey_steps(lowest_noise: float, first: int) -> None:
    made = of_levels(lowest_noise)
    assert made.first == first
    alpha_bar = made.alpha_bar[first]
    if first < 100:
        assert float(((1 - alpha_bar) / alpha_bar).sqrt()) >= lowest_noise / 8
    assert made.path(1) == [100, 0]
    assert made.path(100)[-2:] == [first, 0] or first == 100
    assert len(made.path(100)) == 102 - first, "no more steps than there are times"


@pytest.mark.parametrize("sampler", ["ddpm", "ddim", "dpm2"])
def test_samplers_end_where_the_bound_does(sampler: Sampler) -> None:
    made, seen = of_levels(0.5), []
    made.network.register_forward_pre_hook(lambda module, inputs: seen.append(round(float(inputs[1][0]) * 100)))
    made.sample(2, rng=torch_rng(0, "sample"), sampler=sampler)
    assert seen == list(range(100, 3, -1))


# What is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"guidance": 1.0}, "guidance: expected 0 for a model without classes .*got 1"),
        ({"steps": 51}, "steps: expected at most the 50 of the model .*got 51"),
        ({"sampler": "dpm2", "eta": 0.5}, "eta: expected 0 beside sampler: dpm2, .*got 0.5"),
    ],
    ids=str,
)
def test_sampling_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        model().sample(1, rng=torch_rng(0, "sample"), **options)


def test_classes_that_the_data_has_not_are_refused() -> None:
    unlabelled = Images(np.zeros((4, 1, 1, 1), np.uint8), np.full(4, -1))
    three, ten = (Data(unlabelled, unlabelled, unlabelled, 2, tuple("0123456789"[:n])) for n in (3, 10))
    with pytest.raises(InputError, match="classes: expected the dataset's number, 10, or 0 for none, got 3"):
        model(classes=3).refuse(ten.facts)
    with pytest.raises(InputError, match="classes: .* training images have no label; expected 0"):
        model(classes=3).setup(three, torch_rng(0, "begin"))
    with pytest.raises(InputError, match="label_dropout: expected 0 beside classes: 0"):
        ddpm.build((1, 8, 8), width=8, attention=False, timesteps=4, schedule="cosine", label_dropout=0.1, lr=0.1)

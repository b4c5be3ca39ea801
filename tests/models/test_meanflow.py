"""Mean flows between N(0, 1) and Gaussian images, where the mean velocity is known.

z_t = (1 − t) x + t ε with x ~ N(m, s²) is N((1 − t) m, V_t), V_t = (1 − t)² s² + t², and the flow keeps
(z_t − (1 − t) m) / √V_t, which gives z_r, and the mean velocity (z_t − z_r) / (t − r). At r = t it is
−m + (t − (1 − t) s²) / V_t · (z_t − (1 − t) m), of the velocities ε − x that pass there the mean; their variance is
s² / V_t.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from genbench.engine.device import to_channels_last
from genbench.engine.learner import Batch
from genbench.models import meanflow
from genbench.models.meanflow import MeanFlow
from genbench.seeding import torch_rng

MEAN, SD = 0.1, 0.2


class Exact(nn.Module):
    """The mean velocity of the flow from N(0, 1) to N(mean, sd²), plus a constant; it counts its calls."""

    def __init__(self, mean: float = MEAN, sd: float = SD, wrong: float = 0.0) -> None:
        super().__init__()
        self.mean, self.log_sd = nn.Parameter(torch.tensor(mean)), nn.Parameter(torch.tensor(math.log(sd)))
        self.wrong, self.calls = wrong, 0

    def forward(self, states: Tensor, start: Tensor, end: Tensor) -> Tensor:
        self.calls += 1
        r, t = start.view(-1, 1, 1, 1), end.view(-1, 1, 1, 1)
        square = (2 * self.log_sd).exp()
        before, after = ((1 - time) ** 2 * square + time**2 for time in (r, t))
        # √V_t − √V_r over t − r, as (V_t − V_r) / (√V_t + √V_r) over t − r, which is no 0 / 0 at r = t
        slope = ((t + r) * (1 + square) - 2 * square) / (after.sqrt() + before.sqrt())
        return self.wrong - self.mean + slope * (states - (1 - t) * self.mean) / after.sqrt()


def model(network: nn.Module | None = None, power: float = 0.0, instants: float = 0.25) -> MeanFlow:
    return MeanFlow((1, 1, 1), network or Exact(), (-0.4, 1.0), instants, power, lr=0.1)


def velocity(states: Tensor, time: Tensor) -> Tensor:
    """v(z, t), the mean of ε − x."""
    t = time.view(-1, 1, 1, 1)
    variance = (1 - t) ** 2 * SD**2 + t**2
    return -MEAN + (t - (1 - t) * SD**2) / variance * (states - (1 - t) * MEAN)


def some(n: int, instants: float) -> tuple[Tensor, Tensor, Tensor]:
    made = model(instants=instants)
    start, end = made.intervals(n, torch_rng(0, "times"))
    return torch.randn(n, 1, 1, 1, generator=torch_rng(0, "states"), dtype=torch.float64), start.double(), end.double()


def test_the_exact_mean_velocity_is_its_own_target() -> None:
    """The MeanFlow identity: with the flow's velocity the loss is zero for every interval."""
    states, start, end = some(500, 0.25)
    made = model(Exact().double())
    mean, target = made.regression(states, velocity(states, end), start, end)
    torch.testing.assert_close(mean, target, atol=1e-6, rtol=1e-6)
    assert float((mean.detach() - velocity(states, end)).abs().max()) > 0.5, "it is not the velocity of an instant"
    assert mean.requires_grad
    assert not target.requires_grad


def test_another_network_is_not_its_own_target() -> None:
    states, start, end = some(500, 0.25)
    mean, target = model(Exact(sd=0.3).double()).regression(states, velocity(states, end), start, end)
    assert float((mean.detach() - target).abs().mean()) > 0.01


def test_the_loss_is_the_scatter_of_velocities_seen_through_the_identity() -> None:
    """Δ = −(1 − (t − r) ∂_z u) (v − E v), so that E Δ² = (1 − (t − r) ∂_z u)² s² / V_t: (V_r / V_t) s² / V_t."""
    n, made = 200_000, model()

    def batches() -> Iterator[Batch]:
        images = MEAN + SD * torch.randn(n, 1, 1, 1, generator=torch_rng(0, "images"))
        yield Batch(images, torch.zeros(n, dtype=torch.int64))

    (update,) = made.updates(batches(), torch_rng(0, "step"), 1)
    start, end = made.intervals(n, torch_rng(0, "other"))
    before, after = ((1 - time) ** 2 * SD**2 + time**2 for time in (start, end))
    assert update.loss.item() == pytest.approx(float((before / after * SD**2 / after).mean()), rel=0.02)


def test_intervals_are_in_order_and_some_are_instants() -> None:
    start, end = model(instants=0.3).intervals(20_000, torch_rng(0, "times"))
    assert ((start > 0) & (start <= end) & (end < 1)).all()
    assert float((start == end).double().mean()) == pytest.approx(0.3, abs=0.01)
    apart = model(instants=0.0).intervals(20_000, torch_rng(0, "times"))
    odds = torch.cat(apart).logit()
    assert float(odds.mean()) == pytest.approx(-0.4, abs=0.03)
    assert float(odds.std()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_the_weight_divides_by_a_power_of_each_error(power: float) -> None:
    """With all errors the same, e, the loss is e / (e + c)^p."""
    images = torch.full((50, 1, 1, 1), MEAN)

    class Nothing(nn.Module):
        def forward(self, states: Tensor, start: Tensor, end: Tensor) -> Tensor:
            return 0 * states

    batch = Batch(images, torch.zeros(50, dtype=torch.int64))
    (plain,) = model(Nothing()).updates(iter([batch]), torch_rng(0, "step"), 1)
    errors = (torch.randn(50, 1, 1, 1, generator=torch_rng(0, "step")) - images).square()
    assert plain.loss.item() == pytest.approx(float(errors.mean()))
    (update,) = model(Nothing(), power).updates(iter([batch]), torch_rng(0, "step"), 1)
    assert update.loss.item() == pytest.approx(float((errors / (errors + 1e-3) ** power).mean()))


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_any_number_of_steps_goes_the_exact_way(steps: int) -> None:
    made = model()
    images = made.sample(1000, rng=torch_rng(0, "sample"), steps=steps)
    noise = torch.randn(1000, 1, 1, 1, generator=torch_rng(0, "sample"))
    torch.testing.assert_close(images, (MEAN + SD * noise).clamp(-1, 1), atol=1e-5, rtol=0)
    assert made.network.calls == steps


def test_training_finds_the_flow_map() -> None:
    """From another Gaussian's mean velocity to that of the images; the map is off by less than 0.02 then."""
    made = model(Exact(mean=-0.3, sd=0.8), power=0.75)
    optimiser = torch.optim.Adam(made.parameters(), lr=0.02)
    for step in range(300):
        images = MEAN + SD * torch.randn(256, 1, 1, 1, generator=torch_rng(0, "images", step))
        batch = Batch(images, torch.zeros(256, dtype=torch.int64))
        (update,) = made.updates(iter([batch]), torch_rng(0, "step", step), step)
        optimiser.zero_grad()
        update.loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    drawn = made.sample(1000, rng=torch_rng(0, "sample")).detach()
    noise = torch.randn(1000, 1, 1, 1, generator=torch_rng(0, "sample"))
    assert float((drawn - (MEAN + SD * noise).clamp(-1, 1)).abs().mean()) < 0.02


def test_the_product_with_the_jacobian_is_the_derivative_of_the_u_net() -> None:
    """Against central differences along (v, 0, 1), with attention and after a random change of all weights."""
    made = meanflow.build((1, 8, 8), width=8, attention=True, lr=0.1)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch_rng(0, "weights")))
    states = torch.randn(3, 1, 8, 8, generator=torch_rng(0, "states"))
    along = torch.randn(3, 1, 8, 8, generator=torch_rng(0, "velocity"))
    start, end = torch.tensor([0.1, 0.3, 0.5]), torch.tensor([0.6, 0.9, 0.5])
    mean, target = made.regression(states, along, start, end)
    step = 0.003
    with torch.no_grad():
        ahead, behind = (made.network(states + h * along, start, end + h) for h in (step, -step))
        torch.testing.assert_close(mean.detach(), made.network(states, start, end))
    rate = (ahead - behind) / (2 * step)
    torch.testing.assert_close(target, along - (end - start).view(-1, 1, 1, 1) * rate, atol=0.01, rtol=0.01)
    assert float(rate.abs().max()) > 0.1


@pytest.mark.parametrize("channels", [1, 3])
def test_the_layout_of_images_and_kernels_changes_nothing_but_rounding(channels: int) -> None:
    """Images that are files' rows of pixels, and kernels on a GPU, have their channels last."""
    made = meanflow.build((channels, 8, 8), width=8, attention=True, lr=0.1)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch_rng(0, "weights")))
    states = torch.randn(16, channels, 8, 8, generator=torch_rng(0, "states"))
    along = torch.randn(16, channels, 8, 8, generator=torch_rng(0, "velocity"))
    start, end = made.intervals(16, torch_rng(0, "times"))
    plain = made.regression(states, along, start, end)
    last, there = (images.clone(memory_format=torch.channels_last) for images in (states, along))
    assert last.stride() != states.stride()
    for layout in ("images", "kernels"):
        if layout == "kernels":
            to_channels_last(made.network)
        mean, target = made.regression(last, there, start, end)
        torch.testing.assert_close(mean, plain[0], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(target, plain[1], atol=1e-3, rtol=1e-3)
        mean.sum().backward()  # type: ignore[no-untyped-call]

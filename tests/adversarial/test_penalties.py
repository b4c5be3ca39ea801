"""Every penalty against its closed form on linear and quadratic critics, and under every objective."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import AdversarialLoss, build as build_loss
from genbench.adversarial.objectives import Objective
from genbench.adversarial.penalties import Penalty, dragan, gradient_penalty, lipschitz_penalty, r1, r2
from genbench.adversarial.tricks.minibatch_discrimination import MinibatchDiscrimination
from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks import conv, dcgan, mlp
from genbench.options import build
from genbench.seeding import seeded_initialisation, torch_rng
from tests.support.references import Reference, references

SHAPE: Shape = (1, 4, 4)
few = settings(derandomize=True, deadline=None, max_examples=25)
SILENT = Objective(critic=lambda real, fake: 0 * real.sum(), generator=lambda real, fake: 0 * fake.sum())


def pair(n: int = 6) -> tuple[Tensor, Tensor]:
    images = torch.randn(2, n, *SHAPE, generator=torch_rng(0, "images"), dtype=torch.float64)
    return images[0], images[1]


def linear(slope: float) -> nn.Module:
    """Make a critic whose gradient has length `slope` everywhere."""
    last = nn.Linear(16, 1).double()
    with torch.no_grad():
        last.weight.mul_(slope / last.weight.norm())
    return nn.Sequential(nn.Flatten(), last)


def quadratic(images: Tensor) -> Tensor:
    """½ ‖x‖², whose gradient is x."""
    return 0.5 * images.flatten(1).square().sum(1, keepdim=True)


def cost(penalty: Penalty, critic: object, real: Tensor, fake: Tensor) -> Tensor:
    """Return the penalty alone."""
    return AdversarialLoss(SILENT, (penalty,)).critic_loss(critic, real, fake, torch_rng(0, "penalty"))  # type: ignore[arg-type]


@few
@given(slope=st.floats(0.05, 4), weight=st.floats(0.1, 20))
def test_linear_critic(slope: float, weight: float) -> None:
    expected = {
        gradient_penalty.build(weight=weight): (slope - 1) ** 2,
        dragan.build(weight=weight, sd=0.3): (slope - 1) ** 2,
        lipschitz_penalty.build(weight=weight): max(0.0, slope - 1) ** 2,
        r1.build(weight=weight): slope**2 / 2,
        r2.build(weight=weight): slope**2 / 2,
    }
    for penalty, value in expected.items():
        measured = cost(penalty, linear(slope), *pair()).item()
        assert measured == pytest.approx(weight * value, rel=1e-9, abs=1e-12)


def test_a_lazy_penalty_is_in_every_kth_step_with_the_weight_of_all() -> None:
    lazy = AdversarialLoss(SILENT, (r1.build(weight=3.0, every=4),))
    costs = [lazy.at(step).critic_loss(quadratic, *pair(), torch_rng(0, "penalty")).item() for step in range(1, 9)]
    always = cost(r1.build(weight=3.0), quadratic, *pair()).item()
    assert costs == pytest.approx([4 * always, 0, 0, 0] * 2)
    assert sum(costs) == pytest.approx(8 * always)


@pytest.mark.parametrize("penalty", [r1, r2])
def test_a_weight_goes_to_its_final_one_along_half_a_cosine(penalty: Any) -> None:
    """R3GAN: of γ from 2 to 0.2 half the way is gone after half of the steps, and (1 − cos 45°) / 2 after a quarter."""
    changing = AdversarialLoss(SILENT, (penalty.build(weight=2.0, final=0.2, steps=8),))
    plain = cost(penalty.build(weight=1.0), quadratic, *pair()).item()
    costs = {
        step: changing.at(step).critic_loss(quadratic, *pair(), torch_rng(0, "penalty")).item() / plain
        for step in (1, 3, 5, 9, 100)
    }
    quarter = 2.0 - 1.8 * (1 - math.sqrt(0.5)) / 2
    assert costs == pytest.approx({1: 2.0, 3: quarter, 5: 1.1, 9: 0.2, 100: 0.2})


@pytest.mark.parametrize(("given", "other"), [({"final": 0.1}, "steps"), ({"steps": 5}, "final")])
def test_half_a_schedule_is_refused(given: dict[str, Any], other: str) -> None:
    for name in ("r1", "r2"):
        with pytest.raises(InputError, match=f"penalty: {other}: missing; {next(iter(given))} says"):
            build("penalties", {"name": name, "weight": 1.0, **given})


def test_quadratic_critic_shows_where_the_slope_is_taken() -> None:
    real, fake = pair()
    squares = [images.flatten(1).square().sum(1).mean().item() for images in (real, fake)]
    assert cost(r1.build(weight=3.0), quadratic, real, fake).item() == pytest.approx(1.5 * squares[0])
    assert cost(r2.build(weight=3.0), quadratic, real, fake).item() == pytest.approx(1.5 * squares[1])
    # lengths of the points themselves: one side and its mirror image meet in between only
    mirrored = cost(lipschitz_penalty.build(weight=1.0), quadratic, real, -real).item()
    assert 0 < mirrored < cost(lipschitz_penalty.build(weight=1.0), quadratic, real, real).item()


def test_points_lie_uniformly_between() -> None:
    where = gradient_penalty.build(weight=1.0).where
    real, fake = torch.ones(20_000, *SHAPE), torch.full((20_000, *SHAPE), -2.0)
    points = where(real, fake, torch_rng(0, "between")).flatten(1)
    assert torch.equal(points.min(1).values, points.max(1).values)  # one share for all pixels of an image
    shares = ((points[:, 0] + 2) / 3).sort().values
    uniform = (torch.arange(20_000) + 0.5) / 20_000
    assert (shares - uniform).abs().max() < 1.63 / math.sqrt(20_000)  # Kolmogorov-Smirnov, 1 %


def test_dragan_points_lie_around_the_data() -> None:
    where = dragan.build(weight=1.0, sd=0.3).where
    real, fake = torch.ones(4000, *SHAPE), torch.full((4000, *SHAPE), torch.nan)
    noise = where(real, fake, torch_rng(0, "around")) - real
    assert noise.mean().item() == pytest.approx(0, abs=0.005)
    assert noise.std().item() == pytest.approx(0.3, rel=0.01)


@pytest.mark.parametrize("name", references("penalties"))
def test_a_flat_critic_has_finite_gradients(name: str) -> None:
    """The length of a gradient has no derivative at 0; training must not meet NaN there."""
    critic = linear(1.0)
    with torch.no_grad():
        critic.get_parameter("1.weight").zero_()
    (slope,) = torch.autograd.grad(
        cost(build("penalties", references("penalties")[name]), critic, *pair()), critic.get_parameter("1.weight")
    )
    assert not slope.any()


def test_a_shared_pass_gives_what_its_own_would() -> None:
    """R1 takes the slope at images that the loss has judged already; a copy of them makes a pass of its own."""
    real, fake = pair()
    critic = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Softplus(), nn.Linear(8, 1)).double()
    apart = Penalty(where=lambda real, fake, rng: real.clone(), of=r1.build(weight=1.0).of, weight=2.0)
    objective = build("objectives", "non_saturating")
    losses = [
        AdversarialLoss(objective, (p,)).critic_loss(critic, real, fake, torch_rng(0, ""))
        for p in (r1.build(weight=2.0), apart)
    ]
    gradients = [torch.autograd.grad(loss, list(critic.parameters())) for loss in losses]
    torch.testing.assert_close(losses[0], losses[1])
    torch.testing.assert_close(gradients[0], gradients[1])


COMBINATIONS = [
    pytest.param(objective, penalty, id=f"{o} with {p}")
    for (o, objective), (p, penalty) in product(references("objectives").items(), references("penalties").items())
    if "clip" not in objective
]


@pytest.mark.parametrize(("objective", "penalty"), COMBINATIONS)
def test_every_combination_can_be_differentiated_twice(objective: Reference, penalty: Reference) -> None:
    with seeded_initialisation(0, "critic"):
        _, critic = conv.build((1, 8, 8), 2, 1, width=2)
    adversarial = build_loss(objective, [penalty], critic)
    real, fake = torch.randn(2, 5, 1, 8, 8, generator=torch_rng(0, "images"))
    loss = adversarial.critic_loss(critic, real, fake, torch_rng(0, "penalty"))
    weights = [parameter for parameter in critic.parameters() if parameter.dim() > 1]
    first = torch.autograd.grad(loss, weights, create_graph=True)
    second = torch.autograd.grad(torch.stack([gradient.square().sum() for gradient in first]).sum(), weights)
    assert all(gradient.isfinite().all() and gradient.any() for gradient in (*first, *second))


def critic_of(kind: str) -> nn.Module:
    if kind == "across the batch":
        return dcgan.build((1, 16, 16), 2, 1, width=2)[1]
    generator, critic = mlp.build(SHAPE, 2, 1, width=4, depth=1, spectral=kind == "spectral")
    if kind == "minibatch":
        MinibatchDiscrimination(kernels=2, dimensions=2).networks(generator, critic, 2)
    return critic


R1, GP = {"name": "r1", "weight": 1.0}, {"name": "gradient_penalty", "weight": 10.0}
CLIP = {"name": "wgan", "clip": 0.1}


@pytest.mark.parametrize(
    ("objective", "penalties", "critic", "words"),
    [
        (CLIP, [GP], "plain", ["objective wgan", "gradient_penalty", "clip already bounds"]),
        (CLIP, [], "spectral", ["objective wgan", "clip", "spectrally normalised"]),
        ("wgan", [], "plain", ["objective wgan", "no bound", "clip, a penalty or a spectral network"]),
        ("hinge", [R1, R1], "plain", ["each once", "r1, r1"]),
        ("hinge", [R1], "across the batch", ["r1", "batch normalisation"]),
        ("wgan", [GP], "minibatch", ["gradient_penalty", "minibatch discrimination"]),
        ("hinge", [{"name": "r1", "weight": -1.0}], "plain", ["penalties.r1.weight", "greater than 0"]),
        ("hinge", ["r3"], "plain", ["penalties.r3", "did you mean 'r2'?"]),
        ("hinge", ["r1"], "plain", ["penalties.r1.weight", "missing"]),
    ],
)
def test_what_does_not_go_together_is_refused(
    objective: str | Reference, penalties: list[str | Reference], critic: str, words: list[str]
) -> None:
    with pytest.raises(InputError) as error:
        build_loss(objective, penalties, critic_of(critic))
    assert all(word in str(error.value) for word in words), error.value
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("objective", "penalties", "critic"),
    [
        ("wgan", [GP], "plain"),
        ("wgan", [], "spectral"),
        (CLIP, [], "across the batch"),
        ("relativistic", [R1], "spectral"),
    ],
)
def test_what_goes_together_is_taken(objective: str | Reference, penalties: list[Reference], critic: str) -> None:
    assert len(build_loss(objective, penalties, critic_of(critic)).penalties) == len(penalties)

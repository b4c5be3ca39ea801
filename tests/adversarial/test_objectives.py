"""Every objective against its formula at known points, and the gradient fields that it has on the Dirac-GAN."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import AdversarialLoss
from genbench.adversarial.objectives import (
    Objective,
    fgan,
    hinge,
    least_squares,
    minimax,
    non_saturating,
    relativistic,
    wgan,
)
from genbench.adversarial.penalties import Penalty, dragan, gradient_penalty, lipschitz_penalty, r1, r2
from genbench.errors import InputError
from genbench.options import build
from tests.support.references import references

LOG2 = math.log(2)
EVERY = pytest.mark.parametrize(
    "objective", [pytest.param(build("objectives", r), id=name) for name, r in references("objectives").items()]
)
few = settings(derandomize=True, deadline=None, max_examples=25)


def batches(low: float, high: float) -> st.SearchStrategy[Tensor]:
    return st.lists(st.floats(low, high), min_size=4, max_size=4).map(lambda v: torch.tensor(v, dtype=torch.float64))


def slopes(loss: Callable[[Tensor, Tensor], Tensor], real: Tensor, fake: Tensor) -> list[Tensor]:
    """Gradients of a loss by real and by generated outputs; 0 where it does not depend on them."""
    real, fake = real.clone().requires_grad_(), fake.clone().requires_grad_()
    gradients = torch.autograd.grad(loss(real, fake), (real, fake), allow_unused=True)
    return [torch.zeros_like(real) if gradient is None else gradient for gradient in gradients]


@pytest.mark.parametrize(
    ("objective", "critic", "generator"),
    [
        pytest.param(minimax.build(), 2 * LOG2, -LOG2, id="minimax"),  # log 4 is minus the game's value at equilibrium
        pytest.param(non_saturating.build(), 2 * LOG2, LOG2, id="non_saturating"),
        pytest.param(least_squares.build(), 0.5, 0.5, id="least_squares"),
        pytest.param(wgan.build(), 0.0, 0.0, id="wgan"),
        pytest.param(hinge.build(), 2.0, 0.0, id="hinge"),
        pytest.param(relativistic.build(), LOG2, LOG2, id="relativistic"),
        pytest.param(fgan.build(divergence="kullback_leibler", update="minimax"), 1 / math.e, -1 / math.e, id="kl"),
        pytest.param(fgan.build(divergence="pearson", update="non_saturating"), 0.0, 0.0, id="pearson"),
    ],
)
def test_values_of_a_critic_that_says_nothing(objective: Objective, critic: float, generator: float) -> None:
    nothing = torch.zeros(5, dtype=torch.float64)
    assert objective.critic(nothing, nothing).item() == pytest.approx(critic, abs=1e-15)
    assert objective.generator(nothing, nothing).item() == pytest.approx(generator, abs=1e-15)


@EVERY
@few
@given(real=batches(0.05, 0.95), fake=batches(0.05, 0.95))
def test_who_wants_what(objective: Objective, real: Tensor, fake: Tensor) -> None:
    """Between the labels 0 and 1 a critic gains by raising real outputs and lowering generated ones."""
    on_real, on_fake = slopes(objective.critic, real, fake)
    assert (on_real < 0).all()
    assert (on_fake > 0).all()
    assert (slopes(objective.generator, real, fake)[1] < 0).all()


@EVERY
@few
@given(real=batches(-3, 3), fake=batches(-3, 3))
def test_paired_says_whether_the_generator_sees_real_outputs(objective: Objective, real: Tensor, fake: Tensor) -> None:
    assert bool(slopes(objective.generator, real, fake)[0].any()) == objective.paired
    if not objective.paired:
        assert torch.equal(objective.generator(real.new_empty(0), fake), objective.generator(real, fake))


@few
@given(real=batches(-30, 30), fake=batches(-30, 30))
def test_the_f_gan_of_the_gan_divergence_is_the_gan(real: Tensor, fake: Tensor) -> None:
    """f-GAN (2016), section 2.3: g_f(v) = log σ(v) and f*(g_f(v)) = −log(1 − σ(v))."""
    for update, plain in (("minimax", minimax.build()), ("non_saturating", non_saturating.build())):
        general = fgan.build(divergence="gan", update=update)  # type: ignore[arg-type]
        torch.testing.assert_close(general.critic(real, fake), plain.critic(real, fake))
        torch.testing.assert_close(general.generator(real, fake), plain.generator(real, fake))


@few
@given(real=batches(-5, 5), fake=batches(-5, 5), shift=st.floats(-5, 5))
def test_the_relativistic_game_is_symmetric_and_blind_to_shifts(real: Tensor, fake: Tensor, shift: float) -> None:
    game = relativistic.build()
    torch.testing.assert_close(game.generator(real, fake), game.critic(fake, real))
    torch.testing.assert_close(game.critic(real + shift, fake + shift), game.critic(real, fake))
    # softplus(x) − softplus(−x) = x
    torch.testing.assert_close(game.critic(real, fake) - game.generator(real, fake), (fake - real).mean())


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.4])
def test_label_smoothing_moves_the_best_critic(smoothing: float) -> None:
    """Salimans et al. (2016), section 3.4: the best critic is (1 − s) p / (p + q); here 3 p = q at one point."""
    share = (1 - smoothing) / 4
    for objective, best in (
        (minimax.build(smoothing=smoothing), math.log(share / (1 - share))),
        (non_saturating.build(smoothing=smoothing), math.log(share / (1 - share))),
        (least_squares.build(smoothing=smoothing), share),
    ):
        v = torch.tensor(best, dtype=torch.float64, requires_grad=True)
        # E over p and q of a critic that is v where both are, p with a third of q's weight
        loss = objective.critic(v.expand(1), v.expand(1)) + 2 * objective.critic(v.detach().expand(1), v.expand(1))
        (slope,) = torch.autograd.grad(loss, v)
        assert slope.item() == pytest.approx(0, abs=1e-12)


def test_label_smoothing_leaves_generated_images_and_the_generator_alone() -> None:
    real, fake = torch.randn(2, 4, generator=torch.Generator().manual_seed(0))
    for module in (minimax, non_saturating, least_squares):
        plain, smooth = module.build(), module.build(smoothing=0.1)
        assert torch.equal(slopes(plain.critic, real, fake)[1], slopes(smooth.critic, real, fake)[1])
        assert torch.equal(plain.generator(real, fake), smooth.generator(real, fake))


def test_the_minimax_generator_starves_where_the_critic_is_sure() -> None:
    sure = torch.full((4,), -20.0, dtype=torch.float64)
    assert slopes(minimax.build().generator, sure, sure)[1].abs().max() < 1e-8
    assert slopes(non_saturating.build().generator, sure, sure)[1].sum().item() == pytest.approx(-1)


def test_hinge_is_deaf_beyond_the_margin() -> None:
    on_real, on_fake = slopes(hinge.build().critic, torch.full((4,), 1.1), torch.full((4,), -1.1))
    assert not on_real.any()
    assert not on_fake.any()


def test_clip_bounds_every_parameter() -> None:
    critic = nn.Sequential(nn.Linear(3, 8), nn.Linear(8, 1))
    constrain = wgan.build(clip=0.05).constrain
    assert constrain is not None
    constrain(critic)
    assert max(p.abs().max().item() for p in critic.parameters()) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ({"name": "wgan", "clip": 0.0}, ["objective wgan.clip", "greater than 0", "0.0"]),
        ({"name": "hinge", "smoothing": 0.1}, ["objective hinge", "unknown", "'smoothing'"]),
        ({"name": "least_squares", "smoothing": 1.0}, ["objective least_squares.smoothing", "less than 1"]),
        ({"name": "fgan", "divergence": "pearson"}, ["objective fgan.update", "missing"]),
    ],
)
def test_bad_options(reference: dict[str, object], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        build("objectives", reference)
    assert all(word in str(error.value) for word in words)
    assert "\n" not in str(error.value)


# The Dirac-GAN (Mescheder, Geiger, Nowozin 2018, definition 2.1): data at 0, a generator at θ, a critic ψ x.


def field(game: AdversarialLoss, theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    """(∂ critic loss / ∂ψ, ∂ generator loss / ∂θ)."""
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.zeros(1, 1, 1, 1, dtype=torch.float64), theta.view(1, 1, 1, 1)

    def critic(images: Tensor) -> Tensor:
        return psi * images.flatten(1)

    (by_psi,) = torch.autograd.grad(game.critic_loss(critic, real, fake, rng), psi, create_graph=True)
    (by_theta,) = torch.autograd.grad(game.generator_loss(critic, real, fake), theta, create_graph=True)
    return by_psi, by_theta


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


Field = Callable[[float, float], tuple[float, float]]
FIELDS: dict[str, tuple[Objective, Field]] = {
    "minimax": (minimax.build(), lambda t, p: (t * sigmoid(p * t), -p * sigmoid(p * t))),
    "non_saturating": (non_saturating.build(), lambda t, p: (t * sigmoid(p * t), -p * sigmoid(-p * t))),
    "wgan": (wgan.build(), lambda t, p: (t, -p)),
    "least_squares": (least_squares.build(), lambda t, p: (p * t * t, p * (p * t - 1))),
    "hinge": (hinge.build(), lambda t, p: (t if p * t > -1 else 0.0, -p)),
    "relativistic": (relativistic.build(), lambda t, p: (t * sigmoid(p * t), -p * sigmoid(-p * t))),
    "kl": (
        fgan.build(divergence="kullback_leibler", update="non_saturating"),
        lambda t, p: (t * math.exp(p * t - 1), -p),
    ),
}
PULLS: dict[str, tuple[Penalty, Callable[[float], float]]] = {
    "gradient_penalty": (gradient_penalty.build(weight=3.0), lambda p: 6 * (abs(p) - 1) * math.copysign(1, p)),
    "dragan": (dragan.build(weight=3.0, sd=0.5), lambda p: 6 * (abs(p) - 1) * math.copysign(1, p)),
    "lipschitz_penalty": (lipschitz_penalty.build(weight=3.0), lambda p: 6 * max(0, abs(p) - 1) * math.copysign(1, p)),
    "r1": (r1.build(weight=3.0), lambda p: 3 * p),
    "r2": (r2.build(weight=3.0), lambda p: 3 * p),
}


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("pull", [None, *PULLS])
@settings(few, max_examples=8)
@given(theta=st.floats(-2, 2), psi=st.floats(-2, 2).filter(lambda p: abs(p) > 1e-3))
def test_dirac_gan_field(name: str, pull: str | None, theta: float, psi: float) -> None:
    objective, closed = FIELDS[name]
    game = AdversarialLoss(objective, (PULLS[pull][0],) if pull else ())
    t, p = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (theta, psi))
    by_psi, by_theta = field(game, t, p)
    expected_psi, expected_theta = closed(theta, psi)
    assert by_psi.item() == pytest.approx(expected_psi + (PULLS[pull][1](psi) if pull else 0), abs=1e-12)
    assert by_theta.item() == pytest.approx(expected_theta, abs=1e-12)


@pytest.mark.parametrize("penalty", [r1, r2])
@pytest.mark.parametrize("weight", [0.0, 0.4, 1.0, 3.0])
@pytest.mark.parametrize(("name", "pull"), [("non_saturating", 0.5), ("minimax", 0.5), ("wgan", 1.0)])
def test_dirac_gan_rates(penalty: object, weight: float, name: str, pull: float) -> None:
    """Mescheder et al. (2018): at equilibrium the eigenvalues under R1 or R2 are −γ/2 ± √(γ²/4 − f'(0)²)."""
    penalties = (penalty.build(weight=weight),) if weight else ()  # type: ignore[attr-defined]
    t, p = (torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(2))
    by_psi, by_theta = field(AdversarialLoss(FIELDS[name][0], penalties), t, p)
    rows = [torch.autograd.grad(-g, (t, p), retain_graph=True, allow_unused=True) for g in (by_theta, by_psi)]
    jacobian = np.array([[0.0 if entry is None else entry.item() for entry in row] for row in rows])
    root = np.emath.sqrt(weight**2 / 4 - pull**2)
    expected = sorted([-weight / 2 + root, -weight / 2 - root], key=lambda z: (z.real, z.imag))
    eigenvalues = sorted(np.linalg.eigvals(jacobian), key=lambda z: (z.real, z.imag))
    assert eigenvalues == pytest.approx(expected, abs=1e-7)

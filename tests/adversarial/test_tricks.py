"""Every trick against the formula of its paper."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from genbench.adversarial.adversarial_loss import AdversarialLoss
from genbench.adversarial.objectives import hinge, non_saturating, wgan
from genbench.adversarial.penalties import r1
from genbench.adversarial.tricks import (
    feature_matching,
    historical_averaging,
    instance_noise,
    minibatch_discrimination,
    orthogonal,
    packing,
    unrolled,
    virtual_batch_norm,
)
from genbench.adversarial.tricks.minibatch_discrimination import closeness
from genbench.adversarial.tricks.orthogonal import off_diagonal
from genbench.adversarial.tricks.virtual_batch_norm import VirtualBatchNorm
from genbench.errors import InputError
from genbench.networks import Critic, across_batch, conv, mlp
from genbench.options import build
from genbench.seeding import seeded_initialisation, torch_rng
from tests.support.references import Reference, references

few = settings(derandomize=True, deadline=None, max_examples=25)


def numbers(*shape: int, purpose: str = "numbers") -> Tensor:
    return torch.randn(*shape, generator=torch_rng(0, purpose), dtype=torch.float64)


def test_feature_matching_is_the_squared_distance_of_means() -> None:
    trick, critic = feature_matching.build(), Critic(nn.Flatten(), nn.Linear(4, 1))
    real, fake = numbers(8, 1, 2, 2), numbers(6, 1, 2, 2, purpose="fake").requires_grad_()
    loss = trick.generator_loss(critic, real, fake)
    assert loss is not None
    gap = fake.flatten(1).mean(0) - real.flatten(1).mean(0)
    torch.testing.assert_close(loss, gap.square().sum())
    (slope,) = torch.autograd.grad(loss, fake)
    torch.testing.assert_close(slope.flatten(1), (2 * gap / 6).expand(6, -1))
    assert trick.generator_loss(critic, real, real.flip(0)).item() == pytest.approx(0, abs=1e-25)


def test_closeness_of_far_apart_and_of_equal_rows() -> None:
    apart = torch.arange(5, dtype=torch.float32).view(5, 1, 1).mul(1e3).expand(5, 3, 2)
    assert not closeness(apart).any()
    assert torch.equal(closeness(torch.ones(5, 3, 2)), torch.full((5, 3), 4.0))


@few
@given(distance=st.floats(0, 20))
def test_closeness_of_two_rows_falls_with_their_l1_distance(distance: float) -> None:
    rows = torch.tensor([[[0.0, 0.0]], [[distance / 4, -3 * distance / 4]]], dtype=torch.float64)
    torch.testing.assert_close(closeness(rows), torch.full((2, 1), math.exp(-distance), dtype=torch.float64))


def test_closeness_follows_the_order_of_the_batch() -> None:
    rows, order = numbers(7, 3, 2), torch.randperm(7, generator=torch_rng(0, "order"))
    torch.testing.assert_close(closeness(rows)[order], closeness(rows[order]))


@pytest.mark.parametrize("n", [1, 2, 64])
def test_minibatch_discrimination_starts_from_the_critic_as_it_was(n: int) -> None:
    generator, critic = mlp.build((1, 4, 4), 2, 1, width=8, depth=1)
    images = torch.randn(n, 1, 4, 4, generator=torch_rng(0, "image"))
    before = critic(images)
    _, changed = minibatch_discrimination.build(kernels=3, dimensions=2).networks(generator, critic, 2)
    assert across_batch(changed)
    assert torch.equal(changed(images), before)


def test_minibatch_discrimination_shows_the_critic_equal_images() -> None:
    """Weights of one on closeness add its sum: kernels for each other image that is the same, and 0 for one alone."""
    generator, critic = mlp.build((1, 4, 4), 2, 1, width=8, depth=1)
    image = torch.randn(1, 1, 4, 4, generator=torch_rng(0, "image"))
    before = critic(image)
    _, changed = minibatch_discrimination.build(kernels=3, dimensions=2).networks(generator, critic, 2)
    nn.init.ones_(changed.get_parameter("head.of_closeness.weight"))
    torch.testing.assert_close(changed(image), before)
    torch.testing.assert_close(changed(image.expand(4, -1, -1, -1)), (before + 3 * 3).expand(4, -1))


def test_minibatch_discrimination_refuses_a_spectral_critic() -> None:
    generator, critic = mlp.build((1, 4, 4), 2, 1, width=8, depth=1, spectral=True)
    with pytest.raises(InputError, match=r"^trick minibatch_discrimination: a spectral network's bound"):
        minibatch_discrimination.build(kernels=3, dimensions=2).networks(generator, critic, 2)


def test_historical_averaging_pulls_to_the_mean_of_all_past_parameters() -> None:
    trick = historical_averaging.build(weight=0.3)
    generator, critic = nn.Linear(2, 2), Critic(nn.Flatten(), nn.Linear(3, 1))
    trick.attach(generator, critic)
    assert trick.addition("critic", critic).item() == 0
    past = [parameters_to_vector(critic.parameters()).detach().clone()]
    for step in range(4):
        with torch.no_grad():
            for parameter in critic.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=torch_rng(step, "move")))
        now = parameters_to_vector(critic.parameters())
        gap = now - torch.stack(past).mean(0)
        loss = trick.addition("critic", critic)
        torch.testing.assert_close(loss, 0.3 * gap.square().sum())
        slopes = torch.autograd.grad(loss, list(critic.parameters()))
        torch.testing.assert_close(parameters_to_vector(slopes), 0.6 * gap)
        trick.after_update("critic", critic)
        past.append(now.detach().clone())
    assert trick.addition("generator", generator).item() == 0


@pytest.mark.parametrize(("step", "sd"), [(1, 0.8), (51, 0.4), (100, 0.008), (101, 0.0), (10_000, 0.0)])
def test_instance_noise_falls_linearly_to_nothing(step: int, sd: float) -> None:
    trick, images = instance_noise.build(sd=0.8, steps=100), torch.zeros(1000, 1, 5, 5)
    noise = trick.seen(images, torch_rng(0, "noise"), step)
    assert noise.std().item() == pytest.approx(sd, rel=0.02)
    assert noise.mean().item() == pytest.approx(0, abs=0.02)


def dirac(psi: float) -> Critic:
    """v(x) = ψ x."""
    critic = Critic(nn.Flatten(), nn.Linear(1, 1, bias=False)).double()
    with torch.no_grad():
        critic.get_parameter("head.weight").fill_(psi)
    return critic


def unrolled_slope(game: AdversarialLoss, steps: int, gap: float, psi: float, rate: float) -> float:
    """Return the generator's gradient on the Dirac-GAN with its data at 0.3 and its generator `gap` further."""
    critic = dirac(psi)
    real = torch.full((1, 1, 1, 1), 0.3, dtype=torch.float64)
    fake = (real + gap).requires_grad_()
    later, added = unrolled.build(steps=steps, rate=rate).opponent(
        critic, fake, lambda judge, fake: game.critic_loss(judge, real, fake, torch_rng(0, "penalty"))
    )
    (slope,) = torch.autograd.grad(game.generator_loss(later, real, fake) + added, fake)
    assert critic.get_parameter("head.weight").item() == psi
    assert torch.as_tensor(added).item() == 0
    return slope.item()


@few
@given(gap=st.floats(-2, 2), psi=st.floats(-2, 2), rate=st.floats(0.01, 0.5), steps=st.integers(0, 4))
def test_unrolled_wgan_on_the_dirac_gan(gap: float, psi: float, rate: float, steps: int) -> None:
    """Each step is ψ ← ψ − rate · gap: −L is −(ψ − k rate gap) gap, of slope 2 k rate gap − ψ."""
    slope = unrolled_slope(AdversarialLoss(wgan.build()), steps, gap, psi, rate)
    assert slope == pytest.approx(2 * steps * rate * gap - psi, abs=1e-12)


def test_unrolled_under_a_penalty_on_the_dirac_gan() -> None:
    """With R1 of weight γ a step is ψ ← ψ − rate (gap + γ ψ), and −L is −ψ gap − ½ γ ψ²."""
    gap, psi, rate, gamma = 0.7, -0.4, 0.2, 0.5
    later = psi - rate * (gap + gamma * psi)
    slope = unrolled_slope(AdversarialLoss(wgan.build(), (r1.build(weight=gamma),)), 1, gap, psi, rate)
    assert slope == pytest.approx(-later + rate * (gap + gamma * later))


def test_unrolling_keeps_the_objectives_own_loss_for_what_the_generator_does_itself() -> None:
    """Non-saturating: −log σ(ψ₁ x) moves by θ, softplus(−ψ₁ a) + softplus(ψ₁ x) by ψ₁ = ψ₀ − rate L'(ψ₀)."""
    gap, psi, rate = 0.7, -0.4, 0.2
    real, fake = 0.3, 0.3 + gap

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    def descent(psi: float) -> float:
        return fake * sigmoid(psi * fake) - real * sigmoid(-psi * real)

    later = psi - rate * descent(psi)
    by_fake = sigmoid(psi * fake) + fake * psi * sigmoid(psi * fake) * sigmoid(-psi * fake)  # ∂L'/∂x
    expected = -later * sigmoid(-later * fake) + descent(later) * rate * by_fake
    assert unrolled_slope(AdversarialLoss(non_saturating.build()), 1, gap, psi, rate) == pytest.approx(expected)


@pytest.mark.parametrize("spectral", [False, True])
def test_unrolled_critics_have_a_lower_loss(spectral: bool) -> None:
    with seeded_initialisation(0, "networks"):
        _, critic = conv.build((1, 8, 8), 2, 1, width=4, spectral=spectral)
    critic.eval()  # holds the power iteration still
    real, fake = torch.randn(2, 16, 1, 8, 8, generator=torch_rng(0, "images"))

    def loss(judge: Critic, fake: Tensor) -> Tensor:
        return AdversarialLoss(non_saturating.build()).critic_loss(judge, real, fake, torch_rng(0, "penalty"))

    losses = []
    for steps in range(4):
        later, _ = unrolled.build(steps=steps, rate=0.05).opponent(critic, fake, loss)
        losses.append(loss(later, fake).item())
        torch.testing.assert_close(later.head(later.features(real)), later(real))
    assert losses[0] == loss(critic, fake).item()
    assert losses == sorted(losses, reverse=True)
    assert losses[3] < losses[0] - 1e-4


@pytest.mark.parametrize("inside", [(), (5,), (4, 3)])
def test_virtual_batch_norm_normalises_as_one_more_image_of_the_reference(inside: tuple[int, ...]) -> None:
    plain = nn.BatchNorm2d(6).double() if len(inside) == 2 else nn.BatchNorm1d(6).double()
    with torch.no_grad():
        plain.weight.uniform_(0.5, 1.5, generator=torch_rng(0, "weight"))
        plain.bias.uniform_(-1, 1, generator=torch_rng(0, "bias"))
    reference, live = numbers(8, 6, *inside), 3 + 2 * numbers(3, 6, *inside, purpose="live")
    normalised = VirtualBatchNorm(plain, 8)(torch.cat([reference, live]))
    torch.testing.assert_close(normalised[:8], plain(reference))
    for index in range(3):
        torch.testing.assert_close(normalised[8 + index], plain(torch.cat([reference, live[index : index + 1]]))[-1])


def test_virtual_batch_norm_makes_images_independent_of_each_other() -> None:
    with seeded_initialisation(0, "networks"):
        generator, critic = conv.build((1, 8, 8), 4, 1, width=4)
    trick = virtual_batch_norm.build(images=5)
    codes = torch.randn(6, 4, generator=torch_rng(0, "codes"))
    together = generator(codes)
    assert not torch.allclose(generator(codes[:3]), together[:3], atol=1e-3)
    changed, _ = trick.networks(generator, critic, 4)
    trick.setup(changed, torch_rng(0, "begin"))
    assert torch.equal(changed.get_buffer("reference"), torch.randn(5, 4, generator=torch_rng(0, "begin")))
    assert changed(codes).shape == (6, 1, 8, 8)
    torch.testing.assert_close(changed(codes[:3]), changed(codes)[:3])
    torch.testing.assert_close(changed.eval()(codes[:3]), changed.train()(codes[:3]))


def test_virtual_batch_norm_needs_something_to_replace() -> None:
    generator, critic = mlp.build((2, 1, 1), 4, 1, width=8, depth=1, norm="none")
    with pytest.raises(InputError, match=r"^trick virtual_batch_norm: the generator has no batch normalisation"):
        virtual_batch_norm.build(images=5).networks(generator, critic, 4)


def packed(images: int, network: Reference, shape: tuple[int, int, int]) -> tuple[Critic, Critic]:
    """Return a critic before and after packing."""
    pairs = []
    for _ in range(2):
        with seeded_initialisation(0, "networks"):
            pairs.append(build("networks", network, shape, 2, 1))
    (_, before), (generator, critic) = pairs
    with seeded_initialisation(0, "packing"):
        return before, packing.build(images=images).networks(generator, critic, 2)[1]


PACKED = {name: r for name, r in references("networks").items() if not r.get("spectral") and r["name"] != "gigagan"}
#: Those whose critics do not compare packs with each other, as a deviation of minibatches does.
ALONE = {name: r for name, r in PACKED.items() if not r["name"].startswith("stylegan") or r.get("group") == 1}


@pytest.mark.parametrize("network", ALONE.values(), ids=ALONE)
def test_a_packed_critic_gives_one_number_to_each_pack(network: Reference) -> None:
    """A pack's number is of its own images, in their order, and images that fill no pack are left out."""
    _, critic = packed(3, network, (2, 8, 8))
    critic.eval()  # batch normalisation would mix packs
    images = torch.randn(11, 2, 8, 8, generator=torch_rng(0, "images"))
    numbers = critic(images)
    assert numbers.shape == (3, 1)
    torch.testing.assert_close(critic(images[3:6]), numbers[1:2])
    assert not torch.allclose(critic(images[3:6].flip(0)), numbers[1:2], atol=1e-7)
    assert across_batch(critic)


@pytest.mark.parametrize("network", PACKED.values(), ids=PACKED)
def test_only_the_first_layer_is_wider(network: Reference) -> None:
    before, after = packed(3, network, (2, 8, 8))
    sizes = [(p.shape, q.shape) for p, q in zip(before.parameters(), after.parameters(), strict=True)]
    wider = [(p[1], q[1]) for p, q in sizes if p != q]
    inputs = 2 * 8 * 8 if network["name"] == "mlp" else 2
    assert wider == [(inputs, 3 * inputs)] * (2 if network["name"] in ("resnet", "biggan") else 1)  # a residual block


def test_packs_of_one_are_no_packs() -> None:
    network = {"name": "conv", "width": 4, "spectral": True}
    before, after = packed(1, network, (1, 8, 8))
    assert str(after) == str(before)
    images = torch.randn(5, 1, 8, 8, generator=torch_rng(0, "images"))
    assert torch.equal(after(images), before(images))
    assert not across_batch(after)


def test_packing_refuses_what_it_cannot_pack() -> None:
    with pytest.raises(InputError, match=r"^trick packing: expected a network that is not spectral"):
        packed(2, {"name": "conv", "width": 4, "spectral": True}, (1, 8, 8))
    with pytest.raises(InputError, match=r"^trick packing: expected a network whose critic reads images in its first"):
        packed(2, {"name": "gigagan", "width": 4}, (1, 8, 8))
    _, critic = packed(3, {"name": "mlp", "width": 4, "depth": 1}, (1, 2, 2))
    with pytest.raises(InputError, match=r"^trick packing: expected batches of at least 3 images, got 2$"):
        critic(torch.zeros(2, 1, 2, 2))


EIGHTH = math.pi / 4
RING = tuple(range(8))
#: Two distributions that are equally far from the ring of eight modes: one lacks two modes, the other none.
COLLAPSED, UNEVEN = (0, 1, 2, 3, 4, 5), (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 7)


def every_pack(modes: tuple[int, ...], images: int) -> Tensor:
    """Return every pack of modes once, as one batch of points on the circle: their products to the letter."""
    angles = torch.cartesian_prod(*[torch.tensor(modes) * EIGHTH] * images).flatten()
    return torch.stack([angles.cos(), angles.sin()], 1).view(-1, 1, 1, 2)


@pytest.mark.parametrize(
    ("modes", "images", "variation"),
    [
        (COLLAPSED, 1, 1 / 4),
        (UNEVEN, 1, 1 / 4),
        (COLLAPSED, 2, 28 / 64),
        pytest.param(UNEVEN, 2, 20 / 64, marks=pytest.mark.soak),  # ten seconds
        pytest.param(COLLAPSED, 3, 296 / 512, marks=pytest.mark.soak),  # half a minute
        pytest.param(UNEVEN, 3, 176 / 512, marks=pytest.mark.soak),
    ],
)
def test_packs_show_the_critic_lost_modes(modes: tuple[int, ...], images: int, variation: float) -> None:
    """PacGAN, section 3: the total variation of P^m and Q^m grows faster where Q lacks modes.

    The hinge loss of the best critic is 2 − 2 TV: Σ min(P^m, Q^m) is counted by hand from shares of 1/8 against 1/6,
    and against 3/16 and 1/16.
    """
    _, critic = packed(images, {"name": "mlp", "width": 64, "depth": 2}, (1, 1, 2))
    game, optimiser = AdversarialLoss(hinge.build()), torch.optim.Adam(critic.parameters(), 0.01)
    real, fake = every_pack(RING, images), every_pack(modes, images)
    losses = []
    for _ in range(400):
        loss = game.critic_loss(critic, real, fake, torch_rng(0, "penalty"))
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(loss.item())
    assert min(losses) >= 2 - 2 * variation - 1e-6
    assert min(losses) == pytest.approx(2 - 2 * variation, abs=0.03)


def test_the_orthogonal_penalty_is_zero_on_orthogonal_filters_of_any_length() -> None:
    rows = torch.linalg.qr(numbers(6, 6)).Q[:4]
    lengths = torch.tensor([0.1, 1.0, 3.0, 10.0], dtype=torch.float64)
    assert off_diagonal(rows * lengths[:, None]).item() == pytest.approx(0, abs=1e-20)
    matrix = numbers(4, 6)
    products = [float(matrix[i] @ matrix[j]) ** 2 for i in range(4) for j in range(4) if i != j]
    assert off_diagonal(matrix).item() == pytest.approx(sum(products))
    assert sum(products) > 0


def test_the_orthogonal_penalty_is_of_the_generators_filters_alone() -> None:
    trick, (generator, critic) = orthogonal.build(weight=0.5), conv.build((1, 8, 8), 3, 1, width=4, spectral=True)
    assert trick.addition("critic", critic) == 0
    # filters of 4×4 numbers each, of a transposed convolution too
    by_hand = [generator.start.weight, *(m.weight for m in generator.body if isinstance(m, nn.Conv2d))]
    by_hand += [m.weight.transpose(0, 1) for m in generator.body if isinstance(m, nn.ConvTranspose2d)]
    assert len(by_hand) == 3
    expected = sum(off_diagonal(weight.flatten(1)) for weight in by_hand)
    torch.testing.assert_close(trick.addition("generator", generator), 0.5 * expected)


def test_the_orthogonal_penalty_sees_a_spectral_weight_before_it_is_divided() -> None:
    _, critic = mlp.build((1, 4, 4), 2, 1, width=8, depth=1, spectral=True)
    originals = [p for name, p in critic.named_parameters() if name.endswith("original")]
    assert len(originals) == 2
    expected = sum(off_diagonal(weight) for weight in originals)
    torch.testing.assert_close(orthogonal.build(weight=1.0).addition("generator", critic), expected)

"""The VQ-GAN's adaptive weight, the start of its critic, its bound, and what it samples."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genbench.data.images import Images, Shape
from genbench.engine.learner import Batch, Data, Facts
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.engine.trained import Trained
from genbench.errors import InputError
from genbench.models.vqgan import VQGAN, adaptive_weight
from genbench.options import build
from genbench.seeding import seeded_initialisation, torch_rng

SMALL: Shape = (1, 4, 4)
OPTIONS: dict[str, Any] = {
    "width": 4,
    "halvings": 1,
    "codes": 3,
    "code_size": 2,
    "noise": 0.3,
    "autoencoder_steps": 4,
    "extractor": {"name": "random_conv", "pixels": 4, "features": 4},
    "perceptual_layers": ("body.1",),
    "perceptual": 1.0,
    "critic_objective": "hinge",
    "receptive_field": 7,
    "critic_width": 2,
    "critic_start": 2,
    "adversarial": 0.5,
    "prior_width": 8,
    "prior_layers": 1,
    "prior_heads": 2,
    "lr": 0.01,
    "critic_lr": 0.01,
    "prior_lr": 0.01,
}


def model(shape: Shape = SMALL, **changed: Any) -> VQGAN:
    with seeded_initialisation(0, "initialise"):
        made: VQGAN = build("models", {"name": "vqgan", **OPTIONS, **changed}, shape)
    made.codebook.restart(torch.randn(4, 2, 2, 2, generator=torch_rng(0, "codebook")), torch_rng(1, "codebook"))
    for parameter in made.prior.parameters():
        parameter.data.mul_(10 if parameter.dim() > 1 else 1)  # so that codes really depend on each other
    return made


def data(shape: Shape = SMALL, n: int = 20) -> Data:
    pixels = np.random.default_rng(0).integers(256, size=(n, *shape), dtype=np.uint8)
    images = Images(pixels, np.arange(n) % 2)
    return Data(images, images, images, 256, ("even", "odd"))


def trained(steps: int, scratch: Path, **changed: Any) -> Trained[VQGAN]:
    options = TrainOptions(steps=steps, batch=8, ema=0.9, log_every=1, grid_every=steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genbench.models.IMAGES", 8)
        return train(model(**changed), data(), options, seed=0, scratch=scratch)


def state(of: Trained[VQGAN], *, critic: bool) -> dict[str, bytes]:
    tensors = of.raw.state_dict().items()
    return {name: value.numpy().tobytes() for name, value in tensors if name.startswith("critic.") == critic}


def groups(of: Trained[VQGAN]) -> set[tuple[int, str]]:
    return {(point.step, point.group) for point in of.progress.curve}


def test_the_adaptive_weight_is_the_ratio_of_slopes() -> None:
    """Losses a · w and b · w have the slopes a and b everywhere: ‖(3, 4)‖ / ‖(0, 2)‖."""
    last = nn.Parameter(torch.tensor([0.3, -2.0]))
    weight = adaptive_weight(last @ torch.tensor([3.0, 4.0]), last @ torch.tensor([0.0, 2.0]), last)
    assert float(weight) == pytest.approx(5 / (2 + 1e-6))
    assert not weight.requires_grad
    assert float(adaptive_weight(last @ torch.tensor([3.0, 4.0]), last @ torch.zeros(2), last)) == 1e4


def losses(of: VQGAN, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The loss of the autoencoder before the critic's start and after, and that of the game."""
    batches = iter([Batch(images, torch.full((len(images),), -1))] * 2)
    before, after = (next(of.updates(batches, torch_rng(0, "step"), step)).loss for step in (2, 3))
    grid = of.encoder(images)
    quantised = of.codebook.look_up(of.codebook.nearest(grid))
    fake = of.decoder(grid + (quantised - grid).detach())
    return before, after, of.judgement.game.generator_loss(of.critic, images, fake)


def test_both_losses_pull_the_last_layer_as_hard() -> None:
    of = model()
    before, after, game = losses(of, torch.rand(4, *SMALL, generator=torch_rng(0, "images")) * 2 - 1)
    (slope,) = torch.autograd.grad(before, of.last, retain_graph=True)
    (judged,) = torch.autograd.grad(after, of.last, retain_graph=True)
    (alone,) = torch.autograd.grad(game, of.last)
    torch.testing.assert_close((judged - slope).norm(), 0.5 * slope.norm(), rtol=1e-3, atol=0)
    assert float(torch.cosine_similarity((judged - slope).flatten(), alone.flatten(), dim=0)) == pytest.approx(
        1, abs=1e-3
    )


def test_the_loss_has_the_perceptual_term_with_its_weight() -> None:
    images = torch.rand(2, 4, *SMALL, generator=torch_rng(0, "images")) * 2 - 1
    plain, once, twice = (model(perceptual=weight).reconstruction_loss(*images) for weight in (0.0, 1.0, 2.0))
    torch.testing.assert_close(plain, (images[0] - images[1]).square().sum((1, 2, 3)) / (2 * 0.3**2))
    torch.testing.assert_close(once - plain, model().judgement.perceptual(*images))
    torch.testing.assert_close(twice - plain, 2 * (once - plain))


def test_until_it_starts_the_critic_is_not_there(tmp_path: Path) -> None:
    """The same bytes as a training without one; from then on others."""
    ends = {
        (steps, adversarial): trained(steps, tmp_path / f"{steps}-{adversarial}", adversarial=adversarial)
        for steps, adversarial in product((2, 3), (0.0, 0.5))
    }
    start = {
        name: value.numpy().tobytes() for name, value in model().state_dict().items() if name.startswith("critic.")
    }
    assert state(ends[2, 0.5], critic=False) == state(ends[2, 0.0], critic=False)
    assert state(ends[2, 0.5], critic=True) == state(ends[3, 0.0], critic=True) == start
    assert state(ends[3, 0.5], critic=False) != state(ends[3, 0.0], critic=False)
    assert state(ends[3, 0.5], critic=True) != start
    assert groups(ends[3, 0.5]) - groups(ends[3, 0.0]) == {(3, "critic")}


def test_the_same_seed_gives_the_same_bytes_and_its_phases_are_the_budgets(tmp_path: Path) -> None:
    one, other = (trained(5, tmp_path / name) for name in ("one", "other"))
    for critic in (False, True):
        assert state(one, critic=critic) == state(other, critic=critic)
    expected = {(step, group) for step in range(1, 5) for group in ("autoencoder", "prior")}
    assert groups(one) == expected | {(3, "critic"), (4, "critic"), (5, "prior")}
    assert one.raw.phases() == (1, 3, 5)
    assert model(adversarial=0.0).phases() == (1, 5)
    assert model(critic_start=0).phases() == (1, 5)


@torch.no_grad()
@pytest.mark.parametrize("classes", [0, 2])
def test_the_likelihood_bounds_the_sum_over_all_grids_of_codes(classes: int) -> None:
    """Every grid of two places and three codes; every image of two pixels and two levels."""
    of = model((1, 4, 4), classes=classes).eval()
    of.levels.fill_(2)
    grids = torch.tensor(list(product(range(3), repeat=4))).view(-1, 2, 2)
    assert float((-of._prior_nll(grids)).double().exp().sum()) == pytest.approx(1, abs=1e-5)
    if classes:
        of.shares.shares.copy_(torch.tensor([0.25, 0.75]))
        each = [(-of._nats(grids, torch.full((81,), label))).double().exp() for label in range(2)]
        mixed = (-of._prior_nll(grids)).double().exp()
        torch.testing.assert_close(mixed, 0.25 * each[0] + 0.75 * each[1], atol=1e-6, rtol=1e-4)
        assert (each[0] - each[1]).abs().max() > 0.01
    images = torch.randint(2, (5, 1, 4, 4), generator=torch_rng(0, "images")) * 2.0 - 1
    joint = torch.stack([of.log_joint(images, grid.expand(5, 2, 2)) for grid in grids]).double()
    bound = of.log_likelihood(images, draws=1, rng=torch_rng(0, "likelihood"))
    assert bound.kind == "lower bound"
    assert (bound.nats < joint.logsumexp(0)).all()


def drawn(of: VQGAN, n: int, **options: Any) -> Tensor:
    """Grids of codes (n, 4) that the sampler draws: the decoder gives the code vectors themselves."""
    of.decoder = nn.Identity()
    with torch.no_grad():
        return of.codebook.nearest(of.sample(n, rng=torch_rng(0, "sample"), **options)).flatten(1)


def test_codes_are_sampled_as_the_prior_has_them() -> None:
    of, n = model().eval(), 10_000
    counts = (drawn(of, n) * 3 ** torch.arange(3, -1, -1)).sum(1).bincount(minlength=81)
    grids = torch.tensor(list(product(range(3), repeat=4))).view(-1, 2, 2)
    expected = n * (-of._prior_nll(grids)).detach().double().exp()
    seen = expected > 1
    assert float(((counts - expected).square() / expected)[seen].mean()) == pytest.approx(1, abs=0.6), "chi-squared"


@torch.no_grad()
def test_one_code_of_each_place_is_the_most_probable() -> None:
    of = model(classes=2).eval()
    labels = torch.tensor([0, 1, 1])
    greedy = torch.zeros(3, 4, dtype=torch.int64)
    for place in range(4):
        greedy[:, place] = of.prior(greedy, labels)[:, place].argmax(1)
    assert torch.equal(drawn(of, 3, labels=labels, top_k=1), greedy)
    assert torch.equal(drawn(of, 3, labels=labels, temperature=1e-9), greedy)


def test_classes_are_drawn_by_their_shares() -> None:
    of = model(classes=2)
    of.setup(data(), torch_rng(0, "begin"))
    labels = of.draw_labels(1000, rng=torch_rng(0, "labels"))
    assert labels is not None
    assert float(labels.double().mean()) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"halvings": 3}, "vqgan: halvings: expected how often 4×4 pixels can be halved at most, got 3"),
        ({"critic_start": 4}, "critic_start: expected less than autoencoder_steps, 4, or adversarial: 0 for no critic"),
        ({"receptive_field": 16}, "receptive_field: 16 takes images of at least 6 pixels a side, got 4×4"),
        ({"perceptual_layers": ("body.7",)}, "unknown perceptual layer 'body.7'"),
        ({"prior_heads": 3}, "heads: expected a divisor of the width, 8, got 3"),
        ({"critic_objective": "wgan"}, "objective wgan: .*"),
        ({"temperature": 1.0}, "option 'temperature'"),
    ],
)
def test_options_that_do_not_fit_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        model(**changed)
    assert "\n" not in str(error.value)


def test_what_does_not_suit_the_data_or_the_codes_is_refused() -> None:
    of = model(codes=81)
    with pytest.raises(InputError, match=r"vqgan: codes: .*at most 80 \(20 training images of 2×2 places\), got 81"):
        of.refuse(data().facts)
    of.refuse(Facts())
    with pytest.raises(InputError, match="classes: expected the dataset's number, 2, or 0 for none, got 3"):
        model(classes=3).refuse(data().facts)
    with pytest.raises(InputError, match=r"top_k: expected at most the number of codes \(train.codes\), 81, got 82"):
        of.sample(1, rng=torch_rng(0, "sample"), top_k=82)


def test_its_notes_name_the_judge() -> None:
    assert model().notes() == (
        "vqgan is trained by a perceptual loss of random_conv, whose own scores therefore favour it.",
    )
    assert model(perceptual=0.0).notes() == ()

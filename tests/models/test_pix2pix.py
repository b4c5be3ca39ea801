"""pix2pix and the regression beside it: their gradients, their noise, and the perceptual term."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from genbench.data.datasets import digits
from genbench.engine.learner import Batch, Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.engine.sampling import draw
from genbench.errors import InputError
from genbench.evaluation.representation import features_of
from genbench.metrics.twins.images import psnr
from genbench.models import pix2pix, regression
from genbench.models.bases.perceptual_term import build as build_term
from genbench.models.pix2pix import Pix2Pix
from genbench.models.regression import Regression
from genbench.seeding import seeded_initialisation, torch_rng
from tests.support.pairs import of_pairs

SHAPE = (1, 8, 8)
JUDGE = {"extractor": {"name": "random_conv", "pixels": 8, "features": 4}, "perceptual_layers": ("body.1",)}


def plain(**options: object) -> Regression:
    with seeded_initialisation(0, "initialise"):
        return regression.build(SHAPE, **{"width": 4, "halvings": 2, "lr": 0.001, **options})  # type: ignore[arg-type]


def game(**options: object) -> Pix2Pix:
    chosen = {"width": 4, "halvings": 2, "lr": 0.001, "critic_lr": 0.001, "critic_objective": "non_saturating"}
    with seeded_initialisation(0, "initialise"):
        return pix2pix.build(
            SHAPE,
            **{**chosen, "receptive_field": 16, "critic_width": 4, **options},  # type: ignore[arg-type]
        )


def batch(n: int = 6) -> Batch:
    targets, sources = torch.rand(2, n, *SHAPE, generator=torch_rng(0, "images")).mul(2).sub(1)
    return Batch(targets, torch.zeros(n, dtype=torch.int64), sources)


def slopes(loss: Tensor, of: Regression | Pix2Pix) -> Tensor:
    return torch.cat([slope.flatten() for slope in torch.autograd.grad(loss, list(of.generator.parameters()))])


def test_the_gradient_tends_to_that_of_the_regression_as_l1_grows() -> None:
    """They differ by the gradient of the game over l1, at equal weights and without dropout."""
    pairs, mine = batch(), plain()
    (update,) = mine.updates(iter([pairs]), torch_rng(0, "step"), 1)
    wanted = slopes(update.loss, mine)
    gaps = []
    for l1 in (1.0, 100.0, 10000.0):
        theirs = game(l1=l1, dropout=0.0)
        theirs.generator.load_state_dict(mine.generator.state_dict())
        _, update = theirs.updates(iter([pairs]), torch_rng(0, "step"), 1)
        gaps.append(float((slopes(update.loss, theirs) / l1 - wanted).norm() / wanted.norm()))
    assert gaps[0] > 1e-3
    assert gaps[1] == pytest.approx(gaps[0] / 100, rel=0.02)
    assert gaps[2] < 1e-4 + gaps[0] / 5000


def test_the_critic_is_told_the_source() -> None:
    model, pairs = game(), batch()
    assert pairs.sources is not None
    update = next(iter(model.updates(iter([pairs]), torch_rng(0, "step"), 1)))
    fake = model.generator(pairs.sources, torch_rng(0, "step"))
    numbers = [model.pair_critic(torch.cat([pairs.sources, images], 1)) for images in (pairs.images, fake)]
    expected = model.game.objective.critic(*(number.squeeze(1) for number in numbers))
    torch.testing.assert_close(update.loss, expected)
    assert features_of(model) is None, "it has no features of an image alone"


def test_dropout_is_there_at_sampling_and_the_only_noise() -> None:
    sources = batch().sources
    for dropout, alike in ((0.5, False), (0.0, True)):
        model = game(dropout=dropout).eval()
        first, second, again = (
            model.sample(6, rng=torch_rng(seed, "sample"), sources=sources).detach() for seed in (0, 1, 0)
        )
        assert torch.equal(first, second) == alike
        assert torch.equal(first, again)


@pytest.mark.parametrize("build", [plain, game])
def test_the_perceptual_term_is_weighted_and_said(build: type) -> None:
    pairs = batch()
    losses = []
    for options in ({}, {**JUDGE, "perceptual": 2.0}, {**JUDGE, "perceptual": 4.0}):
        model = build(**options)
        *_, update = model.updates(iter([pairs]), torch_rng(0, "step"), 1)
        losses.append(float(update.loss.detach()))
        assert any("random_conv" in note for note in model.notes()) == bool(options)
    assert losses[2] - losses[0] == pytest.approx(2 * (losses[1] - losses[0]), rel=1e-4)
    assert losses[1] > losses[0]


def test_a_perceptual_weight_and_an_extractor_go_together() -> None:
    with pytest.raises(InputError, match="expected a weight above 0 and an extractor .* got 1 and no extractor"):
        build_term(None, (), 1.0)
    with pytest.raises(InputError, match="got 0 and random_conv"):
        build_term("random_conv", ("body.1",), 0.0)


@pytest.mark.parametrize("pairing", ["invert", "rotate"])
def test_the_paired_network_learns_what_loses_nothing(pairing: str, tmp_path: Path) -> None:
    images = digits.load(source=Path(), size=8, channels=None).images
    data = of_pairs(Data(images[:1300], images[1300:1400], images[1400:], 17, tuple("0123456789")), pairing)
    options = TrainOptions(steps=800, batch=64, ema=0.99, log_every=100, grid_every=800)
    model = train(plain(width=32, lr=0.002), data, options, seed=0, scratch=tmp_path).ema
    outputs = draw(model, 397, batch=397, levels=17, seed=0, options={}, sources=data.sides["held_out"].sources)
    assert psnr(outputs.pixels, data.held_out.pixels).mean() > 25, "dB"

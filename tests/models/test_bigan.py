"""Bidirectional GANs: the encoder inverts the generator, each side is moved by its own loss, and parts fit together."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from genbench.data.images import Images, Shape
from genbench.engine import loop
from genbench.engine.learner import Batch, Data
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.models.bigan import BiGAN, is_symmetric
from genbench.networks import is_spectral
from genbench.networks.blocks.joint_critic import pairs
from genbench.options import build
from genbench.pipeline import params, runs
from genbench.seeding import seeded_initialisation, torch_rng
from laboratory.likelihood import latent_pictures
from tests.support.clone import ROOT

SHAPE: Shape = (1, 8, 8)
PLAIN: dict[str, Any] = {
    "model": "bigan",
    "objective": "non_saturating",
    "network": {"name": "conv", "width": 4},
    "joint_width": 8,
    "latent": 3,
    "critic_steps": 1,
    "lr": 0.01,
    "betas": [0.5, 0.9],
}
UNARY: dict[str, Any] = {"image_weight": 1.0, "code_weight": 1.0}
BUDGET = TrainOptions(steps=4, batch=8, ema=0.9, log_every=1, grid_every=2)


def bigan(shape: Shape = SHAPE, **options: Any) -> BiGAN:
    with seeded_initialisation(0, "model"):
        model = runs.model({**PLAIN, **options}, shape)
    assert isinstance(model, BiGAN)
    return model


def images(n: int = 6, shape: Shape = SHAPE) -> Tensor:
    return torch.rand(n, *shape, generator=torch_rng(0, "images", n)) * 2 - 1


def batches() -> Iterator[Batch]:
    while True:
        yield Batch(images(), torch.full((6,), -1))


def train(model: BiGAN, stream: Iterator[Batch], steps: int) -> BiGAN:
    """Train by hand; returns averaged weights, for those of a game go round its solution."""
    average = copy.deepcopy(model)
    groups, move = model.groups(), loop.averaging(average, model)
    optimisers = {name: loop.optimiser(group) for name, group in groups.items()}
    for step in range(1, steps + 1):
        for update in model.updates(stream, torch_rng(0, "step", step), step):
            optimisers[update.group].zero_grad()
            torch.autograd.backward(update.loss, inputs=groups[update.group].parameters)
            optimisers[update.group].step()
            model.after_update(update.group, step)
        move(min(0.99, (1 + step) / (10 + step)))
    return average


def on_a_line(n: int) -> Iterator[Batch]:
    """Points of the plane whose first coordinate is N(0, 0.3²) and whose second is −½ of it."""
    rng = torch_rng(0, "line")
    while True:
        first = 0.3 * torch.randn(n, 1, generator=rng)
        yield Batch(torch.cat([first, -first / 2], 1).view(n, 2, 1, 1), torch.full((n,), -1))


def r_squared(wanted: Tensor, got: Tensor) -> float:
    return 1 - ((wanted - got).square().sum() / (wanted - wanted.mean()).square().sum()).item()


@pytest.mark.parametrize(
    "options", [{}, {"encoder": "stochastic"}, {"objective": "hinge", "encoder_lr": 0.004, **UNARY}], ids=str
)
def test_the_encoder_inverts_the_generator_on_a_gaussian_line(options: dict[str, Any]) -> None:
    network = {"name": "mlp", "width": 32, "depth": 2, "norm": "none"}
    flat = [{"name": "r1", "weight": 0.3}, {"name": "r2", "weight": 0.3}]
    game = {"penalties": flat, "lr": 0.002, "betas": [0.0, 0.99], "joint_width": 32}
    model = train(bigan((2, 1, 1), network=network, latent=1, **game, **options), on_a_line(64), 400)
    codes = torch.randn(1000, 1, generator=torch_rng(0, "codes"))
    points = next(on_a_line(1000)).images
    with torch.no_grad():
        drawn = model.decode(codes)
        assert r_squared(codes, model.encode(drawn)) > 0.9
        assert r_squared(points, model.reconstruct(points)) > 0.9
    assert r_squared(-drawn[:, 0] / 2, drawn[:, 1]) > 0.9, "images are on the line"
    assert drawn[:, 0].std().item() == pytest.approx(0.3, rel=0.15)


def scores(model: BiGAN) -> tuple[Tensor, Tensor]:
    """Outputs on the pairs of the first step, (6, K) each, before any update."""
    real, fake = model.real_and_generated(images(), torch_rng(0, "step"))
    return model.critic(real), model.critic(fake)


def test_generator_and_encoder_play_with_labels_swapped() -> None:
    """Donahue et al. (2017), section 3.4: both maximise the critic's cross-entropy with labels exchanged."""
    model = bigan()
    real, fake = scores(model)
    critic, both = model.updates(batches(), torch_rng(0, "step"), 1)
    torch.testing.assert_close(critic.loss, softplus(-real).mean() + softplus(fake).mean())
    torch.testing.assert_close(both.loss, softplus(real).mean() + softplus(-fake).mean())


@pytest.mark.parametrize("objective", ["non_saturating", "relativistic", "minimax"])
def test_each_side_is_moved_by_its_own_loss(objective: str) -> None:
    model = bigan(objective=objective, encoder_lr=0.02)
    assert {name: group.lr for name, group in model.groups().items()} == {
        "generator": 0.01,
        "critic": 0.01,
        "encoder": 0.02,
    }
    for update in model.updates(batches(), torch_rng(0, "step"), 1):
        for name in ("generator", "encoder", "critic"):
            parameters = list(model.get_submodule(name).parameters())
            moved = torch.autograd.grad(update.loss, parameters, allow_unused=True, retain_graph=True)
            reached = [one is not None and bool(one.any()) for one in moved]
            if name == update.group:
                assert any(reached), name
            elif name != "critic":
                assert not any(reached), (update.group, name)


def test_generator_and_encoder_are_one_group_without_a_rate_of_the_encoder() -> None:
    model = bigan(critic_lr=0.03)
    assert {name: group.lr for name, group in model.groups().items()} == {"generator": 0.01, "critic": 0.03}
    together = [*model.generator.parameters(), *model.encoder.parameters()]
    assert [id(one) for one in model.groups()["generator"].parameters] == [id(one) for one in together]


def test_the_relativistic_game_moves_both_by_one_difference() -> None:
    """Its loss is softplus(v(real) − v(fake)), and its gradients are those of that one term."""
    model = bigan(objective="relativistic")
    real, fake = scores(model)
    _, both = model.updates(batches(), torch_rng(0, "step"), 1)
    parameters = model.groups()["generator"].parameters
    wanted = torch.autograd.grad(softplus(real - fake).mean(), parameters)
    for one, other in zip(wanted, torch.autograd.grad(both.loss, parameters), strict=True):
        torch.testing.assert_close(one, other)


def test_unary_terms_are_weighed_and_judge_one_half_each() -> None:
    model = bigan(objective="hinge", image_weight=2.0, code_weight=3.0)
    real, fake = scores(model)
    losses = [update.loss for update in model.updates(batches(), torch_rng(0, "step"), 1)]
    weights = torch.tensor([1.0, 2.0, 3.0])
    wanted = ((1 - real).relu().mean(0) + (1 + fake).relu().mean(0)) @ weights
    torch.testing.assert_close(losses[0], wanted)
    torch.testing.assert_close(losses[1], (real.mean(0) - fake.mean(0)) @ weights)
    codes = torch.randn(2, 6, 3, generator=torch_rng(0, "codes"))
    one, other = (model.critic(pairs(images(), half)) for half in codes)
    assert torch.equal(one[:, 1], other[:, 1])
    assert not torch.equal(one[:, 0], other[:, 0])
    assert torch.equal(one[:, 2], model.critic(pairs(-images(), codes[0]))[:, 2])


def test_unary_terms_vanish_at_weight_0() -> None:
    plain, idle = bigan(), bigan(image_weight=0.0, code_weight=0.0)
    assert scores(bigan())[0].shape == (6, 1)
    assert plain.state_dict().keys() == idle.state_dict().keys()
    for model in (plain, idle):
        train(model, batches(), 2)
    assert all(torch.equal(plain.state_dict()[name], tensor) for name, tensor in idle.state_dict().items())


def test_a_penalty_is_on_the_slope_of_the_sum_of_scores_over_both_halves() -> None:
    model = bigan(penalties=[{"name": "r1", "weight": 2.0}], **UNARY)
    real, fake = (pair.detach().requires_grad_() for pair in model.real_and_generated(images(), torch_rng(0, "step")))
    outputs = model.critic(real)
    (slopes,) = torch.autograd.grad(outputs.sum(), real, retain_graph=True)
    wanted = softplus(-outputs).mean(0).sum() + softplus(model.critic(fake)).mean(0).sum()
    critic = next(iter(model.updates(batches(), torch_rng(0, "step"), 1)))
    torch.testing.assert_close(critic.loss, wanted + slopes.square().sum(1).mean())


def test_a_spectral_critic_is_spectral_in_every_layer_and_its_encoder_in_none() -> None:
    spectral = {"name": "conv", "width": 4, "spectral": True}
    model = bigan(objective="hinge", network=spectral, encoder_network=PLAIN["network"], **UNARY)
    layers = [module for module in model.critic.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    assert all(is_spectral(layer) for layer in layers)
    assert not is_spectral(model.encoder)


def test_a_stochastic_encoder_scatters_about_its_mean() -> None:
    model = bigan(encoder="stochastic")
    with torch.no_grad():
        draws = [model.real_and_generated(images(), torch_rng(seed, "step"))[0][:, 64:] for seed in range(400)]
        mean, log_sd = model.encoder(images()).chunk(2, dim=1)
        assert torch.equal(model.encode(images()), mean)
    codes = torch.stack(draws)
    assert ((codes.mean(0) - mean) / (log_sd.exp() / 20)).abs().max() < 4
    torch.testing.assert_close(codes.std(0), log_sd.exp(), rtol=0.2, atol=0)


def test_pictures_of_codes_are_those_of_every_coder() -> None:
    model = bigan().eval()
    first, last = images(4)[:2], images(4)[2:]
    with torch.no_grad():
        way = model.interpolate(first, last, 5)
        torch.testing.assert_close(latent_pictures.interpolation(model, first, last, 5), way)
        torch.testing.assert_close(latent_pictures.reconstructions(model, first)[1], model.reconstruct(first))
        assert way.shape == (2, 5, *SHAPE)
        torch.testing.assert_close(way[:, 0], model.reconstruct(first))
        torch.testing.assert_close(way[:, -1], model.reconstruct(last))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, *SHAPE), dtype=np.uint8)
    every = Images(pixels, np.full(40, -1, dtype=np.int64))
    options: dict[str, Any] = {"encoder": "stochastic", "encoder_lr": 0.02, "critic_steps": 2, **UNARY}
    states = []
    for name in ("one", "other"):
        data = Data(every, every, every, 256, ("0",))
        done = loop.train(bigan(**options), data, BUDGET, seed=0, scratch=tmp_path / name)
        states.append(
            [tensor.numpy().tobytes() for tensor in (*done.raw.state_dict().values(), *done.ema.parameters())]
        )
    assert states[0] == states[1]


@pytest.mark.parametrize(
    ("objective", "symmetric"),
    [
        ("minimax", True),
        ("non_saturating", True),
        ("hinge", True),
        ("wgan", True),
        ("relativistic", True),
        ("least_squares", False),
        ({"name": "non_saturating", "smoothing": 0.1}, False),
        ({"name": "fgan", "divergence": "kullback_leibler", "update": "minimax"}, False),
        ({"name": "fgan", "divergence": "gan", "update": "minimax"}, True),
    ],
    ids=str,
)
def test_objectives_that_treat_both_sides_alike(objective: Any, symmetric: bool) -> None:
    assert is_symmetric(build("objectives", objective)) == symmetric


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objective": "least_squares"}, ["bigan: objective", "alike", "least_squares"]),
        ({"network": {"name": "conv", "width": 4, "spectral": True}}, ["encoder_network", "not spectral", "conv"]),
        ({"encoder": "random"}, ["encoder", "'deterministic' or 'stochastic'", "'random'"]),
        ({"image_weight": -1.0}, ["image_weight", "greater than or equal to 0"]),
        ({"encoder_lr": 0.0}, ["encoder_lr", "greater than 0"]),
        ({"joint_width": 0}, ["joint_width", "greater than or equal to 1"]),
        ({"objective": "wgan"}, ["objective wgan", "clip, a penalty or a spectral network"]),
        ({"encoder_network": {"name": "convv", "width": 4}}, ["network", "convv", "did you mean 'conv'?"]),
    ],
)
def test_bad_options(options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        bigan(**options)
    assert all(word in str(error.value) for word in words), error.value
    assert "\n" not in str(error.value)


def test_the_runs_differ_in_what_their_papers_add() -> None:
    catalogue = params.load(ROOT / "params.yaml").runs
    plain, ali = catalogue["bigan"].train, catalogue["ali"].train
    assert {key for key in plain if plain[key] != ali[key]} == {"encoder"}
    model = runs.model(catalogue["bigbigan"].train, SHAPE)
    assert list(model.groups()) == ["generator", "critic", "encoder"]

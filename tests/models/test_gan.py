"""The adversarial model: whose turn it is, that its parts go together, and that nothing is lost when it is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from genbench.data.images import Images
from genbench.engine import loop
from genbench.engine.device import Device
from genbench.engine.learner import Batch, Data
from genbench.engine.options import TrainOptions
from genbench.engine.sampling import draw
from genbench.engine.trained import Trained
from genbench.errors import InputError
from genbench.find import named_members
from genbench.models.gan import GAN
from genbench.pipeline import cell, runs
from genbench.pipeline.training_record import read_record
from genbench.seeding import torch_rng
from tests.support.references import Reference, references

SHAPE = (1, 8, 8)
PLAIN: dict[str, Any] = {
    "model": "gan",
    "objective": "non_saturating",
    "network": {"name": "conv", "width": 4},
    "latent": 3,
    "critic_steps": 1,
    "lr": 0.01,
    "betas": [0.5, 0.9],
}
TRICKS = references("tricks")
OBJECTIVES = {name: r for name, r in references("objectives").items() if r != {"name": "wgan"}}


def gan(**options: Any) -> GAN:
    model = runs.model({**PLAIN, **options}, SHAPE)
    assert isinstance(model, GAN)
    return model


class Counted:
    """Batches of 6 images, counted."""

    def __init__(self) -> None:
        self.drawn = 0

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        self.drawn += 1
        images = torch.rand(6, *SHAPE, generator=torch_rng(0, "images", self.drawn)) * 2 - 1
        return Batch(images, torch.full((6,), -1))


def data() -> Data:
    pixels = np.random.default_rng(0).integers(0, 256, (40, *SHAPE), dtype=np.uint8)
    images = Images(pixels, np.full(40, -1, dtype=np.int64))
    return Data(images, images, images, 256, ("0",))


def steps(model: GAN, n: int) -> list[tuple[str, float]]:
    """Train for n steps by hand; groups and losses in order."""
    model.setup(data(), torch_rng(0, "begin"))
    groups, batches, seen = model.groups(), Counted(), []
    optimisers = {name: loop.optimiser(group) for name, group in groups.items()}
    for step in range(1, n + 1):
        for update in model.updates(batches, torch_rng(0, "step", step), step):
            optimisers[update.group].zero_grad()
            torch.autograd.backward(update.loss, inputs=groups[update.group].parameters)
            optimisers[update.group].step()
            model.after_update(update.group, step)
            seen.append((update.group, update.loss.item()))
    return seen


def test_one_step_is_some_critic_updates_on_fresh_batches_and_one_of_the_generator() -> None:
    model, batches = gan(critic_steps=3), Counted()
    drawn = [(update.group, batches.drawn) for update in model.updates(batches, torch_rng(0, "step"), 1)]
    assert drawn == [("critic", 1), ("critic", 2), ("critic", 3), ("generator", 3)]


def test_each_group_has_its_own_rate() -> None:
    assert {name: p.lr for name, p in gan(critic_lr=0.04).groups().items()} == {"generator": 0.01, "critic": 0.04}
    assert gan().groups()["critic"].lr == 0.01


def test_the_critics_loss_does_not_reach_the_generator() -> None:
    model = gan(objective="relativistic", penalties=[{"name": "r2", "weight": 1.0}])
    critic, generator = model.updates(Counted(), torch_rng(0, "step"), 1)
    everyone = [list(half.parameters()) for half in (model.generator, model.critic)]
    assert all(g is None for g in torch.autograd.grad(critic.loss, everyone[0], allow_unused=True, retain_graph=True))
    assert all(g is not None for g in torch.autograd.grad(generator.loss, everyone[0], allow_unused=True))


@pytest.mark.parametrize("trick", [pytest.param([r], id=name) for name, r in TRICKS.items()] + [list(TRICKS.values())])
@pytest.mark.parametrize("objective", [pytest.param(r, id=name) for name, r in OBJECTIVES.items()])
def test_every_objective_with_every_trick_and_with_all(objective: Reference, trick: list[Reference]) -> None:
    model = gan(objective=objective, tricks=trick)
    before = {name: tensor.clone() for name, tensor in model.named_parameters()}
    assert all(np.isfinite(loss) for _, loss in steps(model, 2))
    moved = {name for name, tensor in model.named_parameters() if not torch.equal(tensor, before[name])}
    assert {name.partition(".")[0] for name in moved} == {"generator", "critic"}
    assert model.sample(4, rng=torch_rng(0, "sample")).shape == (4, *SHAPE)


def test_tricks_that_do_nothing_change_nothing() -> None:
    absent = ("diff_augment", "noisy_labels", "flipped_labels", "generator_dropout")
    idle = [{"name": "unrolled", "steps": 0, "rate": 0.1}] + [{"name": name, "probability": 0.0} for name in absent]
    assert steps(gan(tricks=idle), 3) == steps(gan(), 3)
    assert gan(tricks=idle).state_dict().keys() == gan().state_dict().keys()


@pytest.mark.parametrize("trick", [name for name in TRICKS if not name.startswith(("unrolled", "feature", "adaptive"))])
def test_tricks_change_the_critics_training(trick: str) -> None:
    assert steps(gan(tricks=[TRICKS[trick]]), 2)[2] != steps(gan(), 2)[2]


@pytest.mark.parametrize("trick", [name for name in TRICKS if name.startswith(("unrolled", "feature"))])
def test_tricks_of_the_generator_change_its_loss_alone(trick: str) -> None:
    changed, plain = steps(gan(tricks=[TRICKS[trick]]), 1), steps(gan(), 1)
    assert changed[0] == plain[0]
    assert changed[1] != plain[1]


BUDGET = TrainOptions(steps=6, batch=8, ema=0.9, log_every=1, grid_every=1)


class Killed(Exception):
    """Stands for a kill."""


ALL: dict[str, Any] = {
    "tricks": [r for r in TRICKS.values() if r["name"] not in ("minibatch_discrimination", "packing")],
    "penalties": [{"name": "r1", "weight": 0.1}, {"name": "dragan", "weight": 1.0, "sd": 0.1}],
    "network": {"name": "conv", "width": 4, "spectral": True},
}


def trained(scratch: Path, *, stop_at: int = 0, **options: Any) -> Trained[GAN]:
    def each_grid(step: int, ema: GAN) -> None:
        if step == stop_at:
            raise Killed

    scratch.mkdir(exist_ok=True)
    return loop.train(gan(**options), data(), BUDGET, seed=0, scratch=scratch, each_grid=each_grid)


@pytest.mark.parametrize("options", [ALL, {"critic_optimiser": "sgd"}], ids=["all tricks", "sgd, which keeps nothing"])
def test_a_killed_training_goes_on_to_the_same_bytes(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SECONDS", -1.0)
    whole = trained(tmp_path / "whole", **options)
    with pytest.raises(Killed):
        trained(tmp_path / "killed", stop_at=4, **options)
    resumed = trained(tmp_path / "killed", **options)
    for one, other in ((whole.raw, resumed.raw), (whole.ema, resumed.ema)):
        assert all(
            torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
        )
    assert whole.progress.curve == resumed.progress.curve


def test_trained_weights_are_read_back_with_all_that_tricks_keep(tmp_path: Path) -> None:
    options = {**PLAIN, **ALL}
    done = trained(tmp_path / "scratch", **ALL)
    cell.save(tmp_path / "weights", done, options, BUDGET)
    loaded = cell.load(tmp_path / "weights", "ema")
    assert np.array_equal(pixels(loaded), pixels(done.ema))
    record = read_record(tmp_path / "weights")
    assert record["images_seen"] == 6 * 8
    assert record["decay"] == 7 / 16, "of the warm-up, which 0.9 is beyond"


def test_rmsprop_has_no_betas_and_adam_needs_them() -> None:
    with pytest.raises(InputError, match=r"betas: expected none beside optimiser: rmsprop.*got \[0.5, 0.9\]"):
        gan(optimiser="rmsprop")
    without = {key: value for key, value in PLAIN.items() if key != "betas"}
    with pytest.raises(InputError, match=r"betas: missing; optimiser: adam"):
        runs.model(without, SHAPE)
    model = runs.model({**without, "optimiser": "rmsprop"}, SHAPE)
    optimisers = [loop.optimiser(group) for group in model.groups().values()]
    assert all(isinstance(one, torch.optim.RMSprop) for one in optimisers)


def test_the_critic_may_have_an_optimiser_of_its_own() -> None:
    """Plain gradient descent moves it by its rate times the gradient, and the generator has adam's betas."""
    model = gan(critic_optimiser="sgd", critic_lr=0.3)
    groups, parameters = model.groups(), list(model.critic.parameters())
    assert [(one.optimiser, one.lr) for one in groups.values()] == [("adam", 0.01), ("sgd", 0.3)]
    before = [parameter.detach().clone() for parameter in parameters]
    update = next(model.updates(Counted(), torch_rng(0, "step"), 1))
    _, gradients = loop.make(update, 1, groups["critic"], loop.optimiser(groups["critic"]), Device())
    assert all(gradient.any() for gradient in gradients)
    for parameter, start, gradient in zip(parameters, before, gradients, strict=True):
        torch.testing.assert_close(parameter.detach(), start - 0.3 * gradient)


def test_betas_are_of_the_group_that_has_adam() -> None:
    without = {key: value for key, value in PLAIN.items() if key != "betas"}
    with pytest.raises(InputError, match=r"^betas: missing; optimiser: adam"):
        runs.model({**without, "optimiser": "sgd", "critic_optimiser": "adam"}, SHAPE)
    with pytest.raises(InputError, match=r"^betas: expected none beside optimiser: sgd and rmsprop; adam alone"):
        gan(optimiser="sgd", critic_optimiser="rmsprop")


def pixels(model: Any, **options: Any) -> np.ndarray:
    return draw(model, 50, batch=20, levels=256, seed=0, options=options).pixels


def test_psi_is_an_option_of_sampling_alone() -> None:
    model = gan()
    steps(model, 3)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert np.array_equal(pixels(model, psi=0.3), pixels(model, psi=0.3))
    assert not np.array_equal(pixels(model, psi=0.3), pixels(model))
    spread = [pixels(model, psi=psi).astype(float).std(axis=0).mean() for psi in (0.01, 0.5, 2.0)]
    assert spread[0] < spread[1] < spread[2]
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_generator_under_psi_sees_no_code_beyond_it() -> None:
    model, seen = gan(), []

    def remember(module: object, codes: tuple[Tensor]) -> None:
        seen.append(codes[0])

    model.generator.register_forward_pre_hook(remember)
    model.sample(500, rng=torch_rng(0, "sample"), psi=0.7)
    assert 0.6 < seen[0].abs().max() <= 0.7


def test_recomputed_statistics_are_those_of_the_codes_that_are_drawn() -> None:
    """The first layer is linear in the codes: its variance is the truncated normal's share of that of whole ones."""
    model = gan()
    steps(model, 3)
    first, seen = next(m for m in model.generator.modules() if isinstance(m, nn.BatchNorm2d)), []
    first.register_forward_hook(lambda layer, inputs, outputs: seen.append(layer.running_var.mean().item()))
    model.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    drawn = {psi: pixels(model, psi=psi, statistics="recomputed") for psi in (0.1, 1.0)}
    last = [variance for i, variance in enumerate(seen) if i % 17 == 16]  # of 16 passes and the drawing itself
    shares = [float(stats.truncnorm(-psi, psi).var()) for psi in (0.1, 1.0)]
    assert last[0] / last[-1] == pytest.approx(shares[0] / shares[1], rel=0.1)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert np.array_equal(pixels(model, psi=0.1, statistics="recomputed"), drawn[0.1])
    assert not np.array_equal(pixels(model, psi=0.1), drawn[0.1])


def test_statistics_of_what_has_none_are_refused() -> None:
    model = gan(network={"name": "mlp", "width": 4, "depth": 1, "norm": "none"})
    with pytest.raises(InputError, match=r"^statistics: expected stored, for the generator has no batch norm"):
        model.sample(1, rng=torch_rng(0, "sample"), statistics="recomputed")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tricks": [{"name": "unrolled", "steps": -1, "rate": 0.1}]}, ["trick unrolled.steps", "-1"]),
        ({"tricks": ["feature_matchin"]}, ["trick", "did you mean 'feature_matching'?"]),
        ({"tricks": ["feature_matching", "feature_matching"]}, ["tricks", "each once"]),
        ({"tricks": "feature_matching"}, ["tricks", "list"]),
        ({"tricks": [{"steps": 3}]}, ["tricks.0", "'name'"]),
        ({"objective": {"name": "wgan", "clip": 0.1}, "penalties": ALL["penalties"]}, ["clip", "r1, dragan"]),
        (
            {"tricks": [TRICKS["minibatch_discrimination (kernels=8, dimensions=4)"]], "penalties": ALL["penalties"]},
            ["r1, dragan", "minibatch discrimination"],
        ),
        ({"critic_lr": 0.0}, ["critic_lr", "greater than 0"]),
    ],
)
def test_bad_options(options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        gan(**options)
    assert all(word in str(error.value) for word in words), error.value
    assert "\n" not in str(error.value)


def test_the_code_of_a_run_includes_every_part_that_its_lists_name() -> None:
    options = {**PLAIN, "objective": {"name": "fgan", "divergence": "pearson", "update": "minimax"}, **ALL}
    named = {".".join(name.split(".")[-2:]) for name in named_members(options)}
    assert {"models.gan", "objectives.fgan", "divergences.pearson", "networks.conv"} < named
    assert {"penalties.r1", "penalties.dragan", "tricks.unrolled", "tricks.feature_matching"} < named
    assert "penalties.r2" not in named

"""A GAN that is told the class: what its critic learns of classes, whose images have which, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from genbench.adversarial.conditionings import LabelledHead, auxiliary, given, projection
from genbench.data.images import Images
from genbench.engine import loop
from genbench.engine.learner import Batch, Data
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.models.conditional_gan import WITHOUT_CLASSES, ConditionalGAN
from genbench.networks import Critic
from genbench.pipeline import runs
from genbench.seeding import seeded_initialisation, torch_rng
from tests.support.references import Reference, references

SHAPE = (1, 8, 8)
PLAIN: dict[str, Any] = {
    "model": "conditional_gan",
    "classes": 2,
    "conditioning": "projection",
    "objective": "hinge",
    "network": {"name": "biggan", "width": 4, "embedding": 2, "spectral": True},
    "latent": 4,
    "critic_steps": 1,
    "lr": 0.01,
    "betas": [0.5, 0.9],
}
CONDITIONINGS = references("conditionings")
TRICKS = {name: r for name, r in references("tricks").items() if r["name"] not in WITHOUT_CLASSES}
OBJECTIVES = {name: r for name, r in references("objectives").items() if r != {"name": "wgan"}}
PENALTIES: list[Reference] = [{"name": "gradient_penalty", "weight": 1.0}, {"name": "r1", "weight": 0.1}]


def gan(**options: Any) -> ConditionalGAN:
    model = runs.model({**PLAIN, **options}, SHAPE)
    assert isinstance(model, ConditionalGAN)
    return model


def data(classes: int = 2, unknown: int = 0) -> Data:
    """Dark images of class 0 and bright ones of class 1, three of four dark."""
    labels = np.arange(40) % 4 // 3
    pixels = np.random.default_rng(0).integers(0, 64, (40, *SHAPE)) + 190 * labels[:, None, None, None]
    labels[:unknown] = -1
    images = Images(pixels.astype(np.uint8), labels)
    return Data(images, images, images, 256, tuple(map(str, range(classes))))


def batches() -> Iterator[Batch]:
    images = torch.rand(6, *SHAPE, generator=torch_rng(0, "images")) * 2 - 1
    while True:
        yield Batch(images, torch.tensor([0, 1, 1, 0, 1, 0]))


def losses(model: ConditionalGAN, n: int = 2) -> list[float]:
    """Train for n steps by hand."""
    model.setup(data(), torch_rng(0, "begin"))
    groups, stream, seen = model.groups(), batches(), []
    optimisers = {name: loop.optimiser(group) for name, group in groups.items()}
    for step in range(1, n + 1):
        for update in model.updates(stream, torch_rng(0, "step", step), step):
            optimisers[update.group].zero_grad()
            torch.autograd.backward(update.loss, inputs=groups[update.group].parameters)
            optimisers[update.group].step()
            model.after_update(update.group, step)
            seen.append(update.loss.item())
    return seen


@pytest.mark.parametrize("conditioning", CONDITIONINGS.values(), ids=CONDITIONINGS)
@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_every_trick_with_every_conditioning(trick: Reference, conditioning: Reference) -> None:
    network = {"name": "biggan", "width": 4, "embedding": 2, "attention": 4}
    model = gan(conditioning=conditioning, tricks=[trick], network=network)
    assert np.isfinite(losses(model)).all()


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_every_objective_with_penalties(objective: Reference) -> None:
    penalties = PENALTIES if "clip" not in objective else []
    network = {"name": "biggan", "width": 4, "embedding": 2}
    assert np.isfinite(losses(gan(objective=objective, penalties=penalties, network=network))).all()


def test_a_projection_is_the_head_and_an_inner_product() -> None:
    head = nn.Linear(3, 1)
    made = projection.build(head, 3, 2, False)
    features = torch.randn(5, 3, generator=torch_rng(0, "features"))
    labels = torch.tensor([0, 1, 1, 0, 1])
    expected = torch.stack([f @ made.embedding.weight[y] for f, y in zip(features, labels, strict=True)])
    torch.testing.assert_close(made(features, labels), head(features) + expected[:, None])
    torch.testing.assert_close(given(Critic(nn.Identity(), made), labels)(features), made(features, labels))


def test_the_vectors_of_a_spectral_projection_are_normalised_as_one_matrix() -> None:
    with seeded_initialisation(0, "head"):
        made = projection.build(nn.Linear(6, 1), 6, 4, True)
    with torch.no_grad():
        made.embedding.get_parameter("parametrizations.weight.original").mul_(7)
    assert torch.linalg.matrix_norm(made.embedding.weight, 2).item() == pytest.approx(1, abs=1e-5)


def test_an_auxiliary_head_adds_the_errors_of_its_classifier() -> None:
    made = auxiliary.build(nn.Linear(3, 1), 3, 2, False, real=0.5, generated=0.25, asked=2.0)
    real, fake = (torch.randn(4, 3, generator=torch_rng(0, purpose)) for purpose in ("real", "fake"))
    labels = torch.tensor([0, 1, 1, 0])
    on_real, on_fake = (cross_entropy(made.classifier(images), labels) for images in (real, fake))
    torch.testing.assert_close(made.critic_addition(nn.Identity(), real, fake, labels), 0.5 * on_real + 0.25 * on_fake)
    torch.testing.assert_close(made.generator_addition(nn.Identity(), fake, labels), 2 * on_fake)
    assert torch.equal(made(real, labels), made(real, 1 - labels)), "the verdict itself is deaf to the class"


def test_a_projection_critic_prefers_the_right_class_where_only_the_class_differs(tmp_path: Path) -> None:
    """Its game against images of the wrong class, which are real ones: alone, neither gives itself away."""
    seen, model = data().train, gan(network={"name": "biggan", "width": 8, "embedding": 2, "spectral": True})
    images = torch.from_numpy(seen.pixels).float() / 127.5 - 1
    right, wrong = torch.from_numpy(seen.labels), torch.from_numpy(1 - seen.labels)
    optimiser = torch.optim.Adam(model.critic.parameters(), 0.01)
    for _ in range(60):
        loss = model.loss.objective.critic(model.judge(right)(images)[:, 0], model.judge(wrong)(images)[:, 0])
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    model.eval()
    margin = model.judge(right)(images) - model.judge(wrong)(images)
    assert (margin > 0).all()


@pytest.mark.parametrize("conditioning", CONDITIONINGS.values(), ids=CONDITIONINGS)
def test_a_generator_learns_to_make_the_class_that_is_asked_for(conditioning: Reference, tmp_path: Path) -> None:
    network = {"name": "biggan", "width": 8, "embedding": 4, "spectral": True}
    options = TrainOptions(steps=150, batch=32, ema=0.9, log_every=150, grid_every=150)
    model = gan(conditioning=conditioning, network=network, lr=0.003)
    trained = loop.train(model, data(), options, seed=0, scratch=tmp_path).ema.eval()
    labels = torch.tensor([0, 1] * 20)
    with torch.no_grad():
        brightness = trained.sample(40, rng=torch_rng(0, "sample"), labels=labels).mean((1, 2, 3))
    assert ((brightness > 0) == labels.bool()).float().mean() > 0.9
    assert trained.shares.shares.tolist() == [0.75, 0.25]
    norms = [m for m in trained.modules() if isinstance(m, nn.BatchNorm2d)]
    assert {int(norm.get_buffer("num_batches_tracked")) for norm in norms} == {64}, "of the averaged weights"


def test_generated_images_have_the_classes_of_the_real_ones() -> None:
    model, told = gan(), []

    def remember(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        told.append(inputs[1].tolist())

    model.generator.register_forward_pre_hook(remember)
    losses(model, 1)
    model.pass_batch(next(batches()), torch_rng(0, "pass"))
    assert told == [[0, 1, 1, 0, 1, 0]] * 2


def test_labels_are_drawn_by_their_shares_and_samples_are_the_streams() -> None:
    model = gan()
    losses(model)
    model.eval()
    labels = model.draw_labels(4000, rng=torch_rng(0, "labels"))
    assert labels is not None and float((labels == 0).float().mean()) == pytest.approx(0.75, abs=0.03)
    for options in ({}, {"labels": labels[:5]}, {"psi": 0.5}, {"psi": 0.5, "statistics": "recomputed"}):
        one, other = (model.sample(5, rng=torch_rng(0, "sample"), **options) for _ in range(2))
        assert torch.equal(one, other)


def test_the_contract_of_a_head_adds_nothing() -> None:
    head, images = LabelledHead(), torch.zeros(1)
    assert head.critic_addition(head, images, images, images) == head.generator_addition(head, images, images) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"network": {"name": "conv", "width": 4}}, ["network", "takes classes (biggan", "conv"]),
        ({"network": {"name": "bigan", "width": 4}}, ["network", "did you mean 'biggan'?"]),
        ({"conditioning": "projektion"}, ["conditioning", "did you mean 'projection'?"]),
        ({"conditioning": {"name": "auxiliary", "asked": 0}}, ["conditioning auxiliary.asked", "greater than 0"]),
        ({"classes": 0}, ["classes", "greater than or equal to 1"]),
        *(
            ({"tricks": [r]}, ["tricks: ", r["name"], "class"])
            for r in references("tricks").values()
            if r["name"] in WITHOUT_CLASSES
        ),
    ],
)
def test_bad_options(options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        gan(**options)
    assert all(word in str(error.value) for word in words), error.value
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (data(classes=0), "classes: expected a dataset that has them, got 2 and a dataset without"),
        (data(classes=3), "classes: expected the dataset's number, 3, got 2"),
        (data(unknown=7), "classes: 7 training images have no label; expected one for each"),
    ],
)
def test_data_without_these_classes_is_refused(seen: Data, words: str, tmp_path: Path) -> None:
    options = TrainOptions(steps=1, batch=8, ema=0.9, log_every=1, grid_every=1)
    with pytest.raises(InputError) as error:
        loop.train(gan(), seen, options, seed=0, scratch=tmp_path)
    assert str(error.value) == words

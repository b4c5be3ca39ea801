"""A GAN that is told captions: whose captions are which, the matching-aware loss, what it learns, what it refuses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genbench.data.captions import UNSAID, alignment
from genbench.data.images import Images
from genbench.data.pixels import scale
from genbench.engine import loop
from genbench.engine.learner import Batch, Data
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.models.text_gan import TextGAN, matching_aware
from genbench.pipeline import runs
from genbench.seeding import torch_rng
from tests.support.references import Reference, references

SHAPE = (1, 8, 8)
PLAIN: dict[str, Any] = {
    "model": "text_gan",
    "captions": "digits",
    "objective": "non_saturating",
    "penalties": [{"name": "r1", "weight": 0.1, "every": 4}],
    "network": {"name": "gigagan", "width": 4, "bank": 2, "embedding": 8},
    "latent": 4,
    "lr": 0.003,
    "betas": [0.0, 0.99],
}
PENALTIES: list[Reference] = [{"name": "gradient_penalty", "weight": 1.0}, {"name": "r1", "weight": 0.1}]
OBJECTIVES = {name: r for name, r in references("objectives").items() if r != {"name": "wgan"}}


def gan(**options: Any) -> TextGAN:
    model = runs.model({**PLAIN, **options}, SHAPE)
    assert isinstance(model, TextGAN)
    return model


def data(classes: int = 10) -> Data:
    """Noise, dark or bright by turns; of class 0 to 9 have 0 to 9 white pixels in the first row and a half."""
    labels = np.arange(80) % 10
    pixels = (
        np.random.default_rng(0).integers(0, 64, (80, *SHAPE)) + 120 * (np.arange(80) // 10 % 2)[:, None, None, None]
    )
    flat = pixels.reshape(80, -1)
    for index, label in enumerate(labels):
        flat[index, :label] = 255
    images = Images(pixels.astype(np.uint8), labels)
    return Data(images, images, images, 256, tuple(map(str, range(classes))))


def ready(**options: Any) -> TextGAN:
    model = gan(**options)
    model.setup(data(), torch_rng(0, "begin"))
    return model


def batches() -> Iterator[Batch]:
    seen = data().train
    while True:
        yield Batch(scale(torch.from_numpy(seen.pixels[:12])), torch.from_numpy(seen.labels[:12]))


def losses(model: TextGAN, n: int = 2) -> list[float]:
    """Train for n steps by hand."""
    groups, stream, seen = model.groups(), batches(), []
    optimisers = {name: loop.optimiser(group) for name, group in groups.items()}
    for step in range(1, n + 1):
        for update in model.updates(stream, torch_rng(0, "step", step), step):
            optimisers[update.group].zero_grad()
            torch.autograd.backward(update.loss, inputs=groups[update.group].parameters)
            optimisers[update.group].step()
            seen.append(update.loss.item())
    return seen


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_every_objective(objective: Reference) -> None:
    assert np.isfinite(losses(ready(objective=objective, penalties=[] if "clip" in objective else PENALTIES))).all()


def test_the_matching_aware_loss_at_fixed_logits() -> None:
    zero, apart = torch.zeros(4, 3), torch.tensor([True, True, True, True])
    assert matching_aware(zero, zero, apart).item() == pytest.approx(2 * math.log(2))
    assert matching_aware(zero, zero, ~apart).item() == 0
    one = torch.tensor([[1.0, -1.0], [3.0, 3.0]])
    expected = (math.log(1 + math.e) + math.log(1 + 1 / math.e)) / 2 / 2 + math.log(2) / 2
    assert matching_aware(one, torch.zeros(2, 2), torch.tensor([True, False])).item() == pytest.approx(expected)
    assert matching_aware(zero - 100, zero - 100, apart).item() == pytest.approx(0, abs=1e-6)


def test_the_critic_pays_for_matching_alone() -> None:
    with_it, without = losses(ready(), 1), losses(ready(matching=0.0), 1)
    assert with_it[0] > without[0]


def test_captions_are_of_class_and_measurement() -> None:
    model = ready(unsaid=0.0)
    batch = model.captioned(next(batches()), torch_rng(0, "captions"))
    assert batch.images.shape == (12, 8 * 8 + 4 * 4, 1, 1)
    assert [model.vocabulary.label(caption) for caption in batch.labels] == [*range(10), 0, 1]
    assert ["bright" in model.vocabulary.text(caption) for caption in batch.labels] == [False] * 10 + [True] * 2
    measured = model.vocabulary.measure(next(batches()).images) > model.medians
    assert ((batch.labels[:, 1:] - 11) % 2).tolist() == measured.long().tolist()


def test_half_of_all_images_are_above_each_median() -> None:
    model, seen = ready(), data().train
    measured = model.vocabulary.measure(scale(torch.from_numpy(seen.pixels)))
    assert ((measured > model.medians).float().mean(0) - 0.5).abs().max() <= 0.1


def test_attributes_are_left_unsaid_as_often_as_asked() -> None:
    model = ready(unsaid=0.3)
    captions = model.captions(torch.arange(10).repeat(400), torch_rng(0, "captions"))
    assert (captions[:, 1:] == UNSAID).float().mean(0).tolist() == pytest.approx([0.3] * 3, abs=0.03)
    assert torch.equal(captions[:, 0], 1 + torch.arange(10).repeat(400))


def test_attributes_of_samples_have_the_shares_of_their_class() -> None:
    model, seen = ready(unsaid=0.0), data().train
    facts = model.vocabulary.facts(scale(torch.from_numpy(seen.pixels)), torch.from_numpy(seen.labels), model.medians)
    drawn = model.captions(torch.full((4000,), 3), torch_rng(0, "captions"))
    of_class = facts[torch.from_numpy(seen.labels) == 3]
    for slot in (1, 2, 3):
        expected = (of_class[:, slot] % 2).double().mean().item()
        assert (drawn[:, slot] % 2).double().mean().item() == pytest.approx(expected, abs=0.03)
    assert model.attributes.sum(1).tolist() == pytest.approx([1.0] * 10)
    kinds = {tuple(row) for row in of_class.tolist()}
    assert {tuple(row) for row in drawn.tolist()} == kinds, "attributes are drawn together"


def test_samples_are_the_streams_and_told_captions() -> None:
    model = ready()
    losses(model)
    model.eval()
    captions = model.vocabulary.parse("a dark seven").expand(5, -1)
    for options in ({}, {"labels": torch.arange(5)}, {"labels": captions}, {"psi": 0.5}):
        one, other = (model.sample(5, rng=torch_rng(0, "sample"), **options) for _ in range(2))
        assert torch.equal(one, other)
        assert one.shape == (5, *SHAPE)
    others = model.vocabulary.parse("a dark zero").expand(5, -1)
    told = [model.sample(5, rng=torch_rng(0, "sample"), labels=labels) for labels in (captions, others)]
    assert not torch.equal(*told)


def test_a_critic_prefers_the_right_caption() -> None:
    """Its game against the same images beside the wrong word: neither images nor captions give themselves away."""
    model, seen = ready(), data().train
    images = scale(torch.from_numpy(seen.pixels))
    words = torch.stack([model.vocabulary.parse(f"a {word} one") for word in ("dark", "bright")])
    bright = model.vocabulary.facts(images, torch.from_numpy(seen.labels), model.medians)[:, 1] == words[1, 1]
    right, wrong = words[bright.long()], words[1 - bright.long()]
    optimiser = torch.optim.Adam(model.critic.parameters(), 0.01)
    for _ in range(60):
        beside = [model.judge(captions)(images)[:, 0] for captions in (right, wrong)]
        optimiser.zero_grad()
        torch.autograd.backward(model.loss.objective.critic(*beside))
        optimiser.step()
    with torch.no_grad():
        margin = model.judge(right)(images) - model.judge(wrong)(images)
    assert (margin > 0).float().mean() > 0.9


def test_a_generator_learns_what_is_asked_for(tmp_path: Path) -> None:
    options = TrainOptions(steps=80, batch=16, ema=0.8, log_every=80, grid_every=80)
    model = loop.train(gan(lr=0.005), data(), options, seed=0, scratch=tmp_path).ema.eval()
    labels = torch.arange(10).repeat(20)
    captions = model.captions(labels, torch_rng(0, "captions"))
    with torch.no_grad():
        images = model.sample(200, rng=torch_rng(0, "sample"), labels=captions)
    facts = model.vocabulary.facts(images, labels, model.medians)
    assert alignment(captions, facts)[1] > 0.8, "bright and dark"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"network": {"name": "conv", "width": 4}}, ["network", "takes a text (gigagan)", "conv"]),
        ({"network": {"name": "gigagna", "width": 4}}, ["network", "did you mean 'gigagan'?"]),
        ({"captions": "digit"}, ["unknown caption 'digit'", "did you mean 'digits'?"]),
        ({"unsaid": 1.0}, ["unsaid", "less than 1"]),
        ({"tricks": ["packing"]}, ["unknown", "tricks"]),
    ],
)
def test_bad_options(options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        gan(**options)
    assert all(word in str(error.value) for word in words), error.value
    assert "\n" not in str(error.value)


def test_data_of_other_classes_are_refused(tmp_path: Path) -> None:
    options = TrainOptions(steps=1, batch=8, ema=0.9, log_every=1, grid_every=1)
    for classes, words in ((0, "a dataset that has them, got 10 and a dataset without"), (3, "number, 3, got 10")):
        with pytest.raises(InputError, match=words):
            loop.train(gan(), data(classes), options, seed=0, scratch=tmp_path / str(classes))

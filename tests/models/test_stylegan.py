"""The style-based model: mixing, the mean style, truncation, noise, and its penalties."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch

from genbench.engine import loop
from genbench.engine.fabric import whole_batch
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.models.stylegan import SHARE, StyleGAN
from genbench.pipeline import runs
from genbench.seeding import torch_rng
from tests.models.test_gan import SHAPE, Counted, data, steps

PLAIN: dict[str, Any] = {
    "model": "stylegan",
    "objective": "non_saturating",
    "penalties": [{"name": "r1", "weight": 1.0, "every": 2}],
    "network": {"name": "stylegan2", "width": 4, "mapping": 2},
    "latent": 3,
    "path_length": 2.0,
    "path_length_every": 2,
    "lr": 0.01,
    "betas": [0.0, 0.99],
}


def stylegan(**options: Any) -> StyleGAN:
    model = runs.model({**PLAIN, **options}, SHAPE)
    assert isinstance(model, StyleGAN)
    return model


def noisy(model: StyleGAN) -> StyleGAN:
    """Give each noise a strength, which starts from 0."""
    with torch.no_grad():
        for name, parameter in model.generator.named_parameters():
            if name.endswith("strength"):
                parameter.add_(0.5)
    return model


def rng(purpose: str = "draw") -> torch.Generator:
    return torch_rng(0, purpose)


def test_psi_goes_from_the_mean_style_to_each_images_own() -> None:
    model = noisy(stylegan())
    steps(model, 2)
    model.eval()
    with torch.no_grad():
        plain = model.sample(4, rng=rng())
        assert torch.equal(model.sample(4, rng=rng(), psi=1.0), plain), "not a bit changes"
        mean = model.sample(4, rng=rng(), psi=0.0)
        styles = model.mean_style.expand(4, model.generator.synthesis.layers, -1)
        drawing = rng()
        model.styles(4, drawing)  # so that the noise is that of the sample
        synthesis = model.generator.synthesis
        assert torch.equal(mean, synthesis(styles, torch.randn(4, synthesis.fixed_noise.shape[1], generator=drawing)))
        spread = [(model.styles(200, rng(), psi) - model.mean_style).square().mean() for psi in (0.0, 0.5, 1.0)]
    assert spread[0] == 0
    assert spread[1].item() == pytest.approx(spread[2].item() / 4, rel=1e-4)


def test_an_image_has_noise_of_its_own_from_the_same_stream() -> None:
    model = noisy(stylegan()).eval()
    with torch.no_grad():
        images = model.sample(3, rng=rng(), psi=0.0)
        assert not torch.equal(images[0], images[1]), "one style, two noises"
        assert torch.equal(images, model.sample(3, rng=rng(), psi=0.0))
        assert not torch.equal(images, model.sample(3, rng=rng("other"), psi=0.0))


@torch.no_grad()
def test_mixing_is_of_two_styles_from_a_layer_on() -> None:
    model = stylegan(mixing=0.5).train()
    styles = model.styles(400, rng())
    changes = (styles[:, 1:] != styles[:, :-1]).any(2).sum(1)
    assert set(changes.tolist()) == {0, 1}
    assert (changes == 1).float().mean().item() == pytest.approx(0.5, abs=0.08)
    changed = (styles[:, 1:] != styles[:, :-1]).any(2).float().mean(0) * 2
    assert changed.tolist() == pytest.approx([1 / 3] * 3, abs=0.08), "each layer is as likely to be the first"


@torch.no_grad()
@pytest.mark.parametrize(("mixing", "training"), [(0.0, True), (0.9, False)])
def test_none_is_mixed_at_probability_0_nor_in_samples(mixing: float, training: bool) -> None:
    model = stylegan(mixing=mixing).train(training)
    styles = model.styles(50, rng())
    assert torch.equal(styles, styles[:, :1].expand_as(styles))
    plain = stylegan(mixing=0.0).eval().styles(50, rng())
    assert torch.equal(styles, plain), "and no number is drawn for it"


@torch.no_grad()
def test_the_mean_style_follows_training_alone() -> None:
    model = stylegan(mixing=0.0).train()
    styles = model.styles(100, rng())[:, 0]
    assert torch.allclose(model.mean_style, SHARE * styles.mean(0))
    for step in range(2000):
        model.styles(20, torch_rng(0, "styles", step))
    wanted = model.generator.mapping(torch.randn(20_000, 3, generator=rng())).mean(0)
    assert torch.allclose(model.mean_style, wanted, atol=0.08)
    before = model.mean_style.clone()
    model.eval().sample(10, rng=rng())
    assert torch.equal(model.mean_style, before)


def test_penalties_are_lazy() -> None:
    """Step 1 has both, step 2 neither; without them its losses are the plain game's."""
    lazy, plain = stylegan(mixing=0.0), stylegan(mixing=0.0, penalties=[], path_length=0.0)
    for model in (lazy, plain):
        model.setup(data(), rng("begin"))
    for step, same in ((1, False), (2, True)):
        losses = []
        for model in (copy.deepcopy(lazy), copy.deepcopy(plain)):
            losses.append([update.loss.item() for update in model.updates(Counted(), rng("step"), step)])
        assert [a == b for a, b in zip(*losses, strict=True)] == [same, same]


def test_the_path_length_reaches_the_generator_and_is_kept() -> None:
    model = stylegan(lr=0.001)
    losses = steps(model, 3)
    assert all(torch.isfinite(torch.tensor(loss)) for _, loss in losses)
    assert model.path_length.mean > 0
    assert {"path_length.mean", "mean_style"} < model.state_dict().keys()


@pytest.mark.parametrize("network", ["stylegan", "stylegan2"])
def test_a_killed_training_goes_on_to_the_same_bytes(
    network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SECONDS", -1.0)
    options = TrainOptions(steps=4, batch=8, ema=0.9, log_every=1, grid_every=1)

    class Killed(Exception):
        pass

    def train(name: str, stop_at: int) -> StyleGAN:
        def each_grid(step: int, ema: StyleGAN) -> None:
            if step == stop_at:
                raise Killed

        model = stylegan(network={"name": network, "width": 4, "mapping": 2})
        scratch = tmp_path / name
        scratch.mkdir(exist_ok=True)
        return loop.train(model, data(), options, seed=0, scratch=scratch, each_grid=each_grid).ema

    whole = train("whole", 0)
    with pytest.raises(Killed):
        train("killed", 3)
    resumed = train("killed", 0)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_tricks_of_a_gan_are_tricks_here() -> None:
    tricks = [{"name": "instance_noise", "sd": 0.5, "steps": 10}]
    assert steps(stylegan(tricks=tricks), 2)[0] != steps(stylegan(), 2)[0]


def test_a_batch_is_not_shared() -> None:
    network = {"name": "stylegan2", "width": 4, "mapping": 2, "group": 1}
    assert "mean of styles" in whole_batch(stylegan(network=network))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"network": {"name": "conv", "width": 4}}, ["model stylegan: network", "with styles", "got conv"]),
        ({"mixing": 1.5}, ["mixing", "less than 1"]),
        ({"path_length": -1.0}, ["path_length", "greater than or equal to 0"]),
        ({"tricks": ["feature_matching", "feature_matching"]}, ["tricks", "each once"]),
    ],
)
def test_bad_options(options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        stylegan(**options)
    assert all(word in str(error.value) for word in words), error.value
    assert "\n" not in str(error.value)

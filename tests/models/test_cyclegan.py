"""CycleGAN: its losses where they are known, the history, and that it never sees a pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genbench.data.images import Images
from genbench.data.sides import Sides, halves, pair
from genbench.engine.learner import Batch, Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.models import cyclegan
from genbench.models.bases.image_history import ImageHistory
from genbench.models.cyclegan import CycleGAN
from genbench.seeding import seeded_initialisation, torch_rng
from tests.support.pairs import of_pairs

SHAPE = (1, 8, 8)
OPTIONS = TrainOptions(steps=3, batch=8, ema=0.9, log_every=1, grid_every=3)


class Map(nn.Module):
    """A function of images as a network."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, images: Tensor) -> Tensor:
        return self.function(images)


def model(**options: object) -> CycleGAN:
    networks = {"width": 4, "halvings": 1, "blocks": 1, "critic_width": 4, "receptive_field": 16}
    others = {"critic_objective": "least_squares", "lr": 0.001, "critic_lr": 0.001}
    with seeded_initialisation(0, "initialise"):
        return cyclegan.build(SHAPE, **{**networks, **others, **options})  # type: ignore[arg-type]


def with_maps(there: Callable[[Tensor], Tensor], back: Callable[[Tensor], Tensor], **options: object) -> CycleGAN:
    made = model(**options)
    made.generator, made.returning = Map(there), Map(back)
    return made


def batch(n: int = 6) -> Batch:
    targets, sources = torch.rand(2, n, *SHAPE, generator=torch_rng(0, "images")).mul(2).sub(1)
    return Batch(targets, torch.zeros(n, dtype=torch.int64), sources)


def cycle_loss(made: CycleGAN, pairs: Batch) -> float:
    x, y = pairs.sources, pairs.images
    assert x is not None
    return float(made.cycle_loss(x, y, made.generator(x), made.returning(y)))


def test_the_cycle_loss_of_inverses_is_0() -> None:
    turned = with_maps(lambda x: x.rot90(1, (2, 3)), lambda x: x.rot90(-1, (2, 3)))
    assert cycle_loss(turned, batch()) == 0
    mirrored = with_maps(lambda x: -x.flip(3), lambda x: -x.flip(3))
    assert cycle_loss(mirrored, batch()) == 0, "though it is another translation: pairs are not identified"
    wrong = with_maps(lambda x: x.rot90(1, (2, 3)), lambda x: x)
    pairs = batch()
    both = [images - images.rot90(1, (2, 3)) for images in (pairs.sources, pairs.images) if images is not None]
    assert cycle_loss(wrong, pairs) == pytest.approx(sum(float(gap.abs().mean()) for gap in both))


def test_the_identity_loss_and_the_cycle_have_their_weights() -> None:
    """Of the negative both ways E |G(y) − y| is 2 E |y|; of a half both ways the cycle loses 3/4 of an image."""
    pairs = batch()
    size = sum(float(images.abs().mean()) for images in (pairs.sources, pairs.images) if images is not None)

    def first_loss(factor: float, **weights: float) -> float:
        made = with_maps(lambda x: factor * x, lambda x: factor * x, **weights)
        return float(next(iter(made.updates(iter([pairs]), torch_rng(0, "step"), 1))).loss.detach())

    assert first_loss(-1.0, identity=3.0) - first_loss(-1.0) == pytest.approx(6 * size, rel=1e-4)
    assert first_loss(-1.0, cycle=7.0) == pytest.approx(first_loss(-1.0, cycle=0.0))
    assert first_loss(0.5, cycle=4.0) - first_loss(0.5, cycle=0.0) == pytest.approx(3 * size, rel=1e-4)


def test_its_inverse_goes_back() -> None:
    made = with_maps(lambda x: x.rot90(1, (2, 3)), lambda x: x.rot90(-1, (2, 3)))
    sources = batch().images
    there = made.sample(6, rng=torch_rng(0, "sample"), sources=sources)
    inverse = made.inverse()
    assert inverse is not None
    assert torch.equal(inverse.sample(6, rng=torch_rng(0, "sample"), sources=there), sources)
    assert inverse.inverse() is None


def test_the_history_keeps_the_first_images_and_shows_older_ones_half_of_the_time() -> None:
    history, n = ImageHistory(50, (1, 1, 1)), 4000
    fake = torch.arange(1.0, n + 1).view(n, 1, 1, 1)
    shown = torch.cat(
        [history.exchange(part, torch_rng(0, "history", k)) for k, part in enumerate(torch.split(fake, 40))]
    )
    shown, fake = shown.flatten(), fake.flatten()
    assert torch.equal(shown[:50], fake[:50])
    assert int(history.kept) == 50
    earlier = shown[50:] < fake[50:]
    assert (shown <= fake).all(), "what is shown was made before"
    assert float(earlier.float().mean()) == pytest.approx(0.5, abs=5 * 0.5 / (n - 50) ** 0.5)
    age = float((fake - shown)[1000:].mean())
    assert age == pytest.approx(50, rel=0.1), "a stay of 2 · 50 images on average, of every second one that is shown"
    now = fake[-10:].view(10, 1, 1, 1)
    assert torch.equal(ImageHistory(0, (1, 1, 1)).exchange(now, torch_rng(0, "history")), now)


def images(seed: int, n: int = 40) -> Images:
    pixels = np.random.default_rng(seed).integers(256, size=(n, *SHAPE), dtype=np.uint8)
    return Images(pixels, np.arange(n) % 10)


def trained(data: Data, scratch: Path, options: TrainOptions = OPTIONS) -> dict[str, bytes]:
    """Train, and return the state as bytes by name, of all copies of the weights."""
    done = train(model(), data, options, seed=0, scratch=scratch)
    copies = {"raw": done.raw, "ema": done.ema, "best": done.best}
    return {
        f"{copy} {name}": tensor.numpy().tobytes()
        for copy, made in copies.items()
        if made is not None
        for name, tensor in made.state_dict().items()
    }


@pytest.mark.parametrize("prepared", [True, False], ids=["halves of the stage prepare", "halves of paired data"])
def test_no_pair_is_ever_seen(prepared: bool, tmp_path: Path) -> None:
    """Noise in the place of the withheld halves of the pairs changes no byte, and of the others it does."""
    targets = images(0)
    whole = of_pairs(Data(targets, images(1)[:10], images(2), 256, tuple("0123456789")))
    sources = whole.sides["train"].sources
    mine, theirs = halves(targets.labels)  # whose sources are seen, whose targets are seen
    noise = images(9).pixels

    def states(noisy_sources: np.ndarray, noisy_targets: np.ndarray, name: str) -> dict[str, bytes]:
        x, y = sources.pixels.copy(), targets.pixels.copy()
        x[noisy_sources], y[noisy_targets] = noise[noisy_sources], noise[noisy_targets]
        train = Sides(Images(x, sources.labels), Images(y, targets.labels))
        if prepared:
            train = pair({"train": train.targets}, {"train": train.sources}, paired=False)["train"]
        data = replace(whole, train=train.targets, sides={**whole.sides, "train": train})
        return trained(data, tmp_path / name)

    none = np.array([], np.int64)
    as_they_are = states(none, none, "as they are")
    assert states(theirs, mine, "withheld") == as_they_are
    assert states(mine[:4], none, "seen") != as_they_are


def test_a_killed_training_resumes_with_its_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = of_pairs(Data(images(0, 80), images(1)[:10], images(2), 256, tuple("0123456789")))
    options = OPTIONS.model_copy(update={"steps": 6, "grid_every": 6})
    whole = trained(data, tmp_path / "whole", options)
    assert trained(data, tmp_path / "again", options) == whole
    updates = CycleGAN.updates

    def ending(*args: object) -> object:
        if args[-1] == 5:
            raise KeyboardInterrupt
        return updates(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("genbench.engine.loop.SECONDS", -1.0)  # a checkpoint at each step
        patch.setattr(CycleGAN, "updates", ending)
        trained(data, tmp_path / "parts", options)
    assert trained(data, tmp_path / "parts", options) == whole

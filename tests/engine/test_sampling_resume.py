"""A sampling and an extraction that were killed go on to the same bytes, and draw nothing twice."""

from __future__ import annotations

import itertools
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from genbench import extractors
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.engine import sampling
from genbench.engine.sampling import draw
from genbench.extractors import Output, extract
from genbench.models import Model, held_out
from genbench.models.bases.stored_images import StoredImages
from genbench.seeding import numpy_rng, torch_rng

SHAPE = (1, 4, 4)


class Killed(Exception):
    """A kill, as an exception."""


class Noise(Model):
    """Uniform noise; is killed at its nth batch."""

    def __init__(self, survives: int | None = None) -> None:
        super().__init__(SHAPE)
        self.survives, self.calls = survives, 0

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        if self.calls == self.survives:
            raise Killed
        self.calls += 1
        return torch.rand(n, *self.shape, generator=rng) * 2 - 1


def images(model: Model, scratch: Path | None) -> Images:
    return draw(model, 25, batch=4, levels=256, seed=3, options={}, scratch=scratch)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is kept at once."""
    monkeypatch.setattr(sampling, "SECONDS", -1.0)
    monkeypatch.setattr(extractors, "SECONDS", -1.0)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("survived", [0, 1, 4, 6])
def test_a_killed_sampling_goes_on(tmp_path: Path, survived: int) -> None:
    whole = images(Noise(), None)
    with pytest.raises(Killed):
        images(Noise(survived), tmp_path)
    rest = Noise()
    again = images(rest, tmp_path)
    np.testing.assert_array_equal(again.pixels, whole.pixels)
    np.testing.assert_array_equal(again.labels, whole.labels)
    assert rest.calls == 7 - survived


@pytest.mark.usefixtures("always")
def test_a_part_that_is_broken_is_drawn_again(tmp_path: Path) -> None:
    whole = images(Noise(), tmp_path)
    (tmp_path / "part-000002/pixels.npy").write_bytes(b"half")
    rest = Noise()
    np.testing.assert_array_equal(images(rest, tmp_path).pixels, whole.pixels)
    assert rest.calls == 5


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("survived", [1, 2])
def test_a_second_kill_takes_no_part_of_the_first_for_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    whole = images(Noise(), tmp_path)
    shutil.rmtree(tmp_path / "part-000002")
    clock = itertools.count(0, 20)  # so that parts become longer than before
    monkeypatch.setattr(sampling, "SECONDS", 30.0)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    with pytest.raises(Killed):
        images(Noise(survived), tmp_path)
    np.testing.assert_array_equal(images(Noise(), tmp_path).pixels, whole.pixels)


@pytest.mark.usefixtures("always")
def test_a_deck_that_was_dealt_in_part_repeats_no_image(tmp_path: Path) -> None:
    def deck() -> StoredImages:
        model = held_out.build(SHAPE)
        pixels = numpy_rng(0, "deck").integers(256, size=(30, *SHAPE), dtype=np.uint8)
        model.keep(Images(pixels, np.full(30, -1)), torch_rng(0, "deck"))
        return model

    whole = images(deck(), None)
    images(deck(), tmp_path)
    for part in range(3, 7):
        (tmp_path / f"part-{part:06d}/pixels.npy").unlink()
    np.testing.assert_array_equal(images(deck(), tmp_path).pixels, whole.pixels)


class Means:
    """An extractor: means of rows, and a layer."""

    weights, resize = "", "none"

    def __init__(self, survives: int = 99) -> None:
        self.survives = survives

    def __call__(self, pixels: np.ndarray) -> Output:
        if self.survives == 0:
            raise Killed
        self.survives -= 1
        rows = pixels.mean((1, 2), dtype=np.float32)
        return Output(rows, np.full((len(rows), 2), 0.5, np.float32), {"first": rows[:, :1]})


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("survived", [0, 1, 3])
def test_a_killed_extraction_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survived: int) -> None:
    monkeypatch.setattr(extractors, "BATCH", 8)

    def features(extractor: Means, scratch: Path | None) -> Features:
        names = {"name": "means", "dataset": "d", "split": "samples", "source": "here"}
        return extract(extractor, images(Noise(), None), **names, scratch=scratch)

    whole = features(Means(), None)
    with pytest.raises(Killed):
        features(Means(survived), tmp_path)
    again = features(Means(4 - survived), tmp_path)
    np.testing.assert_array_equal(again.vectors, whole.vectors)
    assert again.probs is not None and whole.probs is not None
    np.testing.assert_array_equal(again.probs, whole.probs)
    np.testing.assert_array_equal(again.layers["first"], whole.layers["first"])
    assert again.protocol == whole.protocol

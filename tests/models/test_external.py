"""Somebody else's samples as a run: they are what is drawn, and nothing else passes for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genbench.data.images import Images, Shape
from genbench.data.pixels import quantise
from genbench.data.sources.location import open_source
from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.files.tensors import load_state, save_state
from genbench.models import external
from genbench.models.external import External
from genbench.seeding import torch_rng

NOTHING = Images(np.zeros((1, 1, 2, 2), np.uint8), np.zeros(1, np.int64))
DATA = Data(NOTHING, NOTHING, NOTHING, 256, ())
SAMPLES = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 2, 2, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Five samples in guided-diffusion's layout."""
    np.savez(tmp_path / "samples.npz", SAMPLES)
    return tmp_path / "samples.npz"


def begun(path: Path, shape: Shape, content: str | None = None, seed: int = 0) -> External:
    digest = open_source(str(path)).digest() if content is None else content
    model = external.build(shape, path=str(path), content=digest)
    model.setup(DATA, torch_rng(seed, "begin"))
    return model


def drawn(model: External, n: int) -> np.ndarray:
    return quantise(model.sample(n, rng=torch_rng(0, "sample")), 256).numpy()


def as_set(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_what_is_drawn_is_what_is_there_each_once_in_an_order_of_the_seed(path: Path) -> None:
    all_of_them = SAMPLES.transpose(0, 3, 1, 2)
    one, other = (drawn(begun(path, (3, 2, 2), seed=seed), 5) for seed in (0, 1))
    assert as_set(one) == as_set(other) == as_set(np.ascontiguousarray(all_of_them))
    assert not np.array_equal(one, other)
    with pytest.raises(InputError, match="at most the 5 images that are stored, got 6"):
        begun(path, (3, 2, 2)).sample(6, rng=torch_rng(0, "sample"))


def test_samples_are_in_the_weights_and_need_no_path_any_more(path: Path) -> None:
    model = begun(path, (3, 2, 2))
    save_state(model, path.with_name("weights.safetensors"))
    path.unlink()
    loaded = external.build((3, 2, 2), path=str(path), content="")
    load_state(loaded, path.with_name("weights.safetensors"))
    np.testing.assert_array_equal(drawn(loaded, 5), drawn(model, 5))


def test_other_samples_at_the_same_path_are_refused_with_their_hash(path: Path) -> None:
    first = open_source(str(path)).digest()
    np.savez(path, 1 + SAMPLES)
    second = open_source(str(path)).digest()
    with pytest.raises(InputError, match=f"content: .*samples.npz has {second}, expected '{first}'"):
        begun(path, (3, 2, 2), first)


def test_samples_of_another_shape_are_refused(path: Path) -> None:
    with pytest.raises(InputError, match=r"expected images of 3×8×8 .*image 1 of .*samples.npz is 3×2×2"):
        begun(path, (3, 8, 8))
    with pytest.raises(InputError, match=r"expected images of 1×2×2 .*is 3×2×2"):
        begun(path, (1, 2, 2))


def test_a_grey_picture_among_colour_ones_stays_what_it_is(tmp_path: Path) -> None:
    colour = np.array([[[9, 0, 0], [0, 8, 0]]], np.uint8)
    grey = np.array([[[7, 7, 7], [5, 5, 5]]], np.uint8)
    for name, picture in (("colour", colour), ("grey", grey)):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    model = begun(tmp_path, (3, 1, 2))
    assert as_set(drawn(model, 2)) == as_set(np.ascontiguousarray(np.stack([colour, grey]).transpose(0, 3, 1, 2)))


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "none.npy", np.zeros((0, 2, 2, 1), np.uint8))
    with pytest.raises(InputError, match="no images in"):
        begun(tmp_path / "none.npy", (1, 2, 2))


def test_building_reads_nothing() -> None:
    with torch.device("meta"):
        external.build((1, 2, 2), path="nowhere", content="")

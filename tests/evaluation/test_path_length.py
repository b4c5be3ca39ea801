"""Perceptual path length: closed forms of linear generators, and the codes of every family that has some."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from genbench.data.images import Images
from genbench.evaluation.path_length import (
    EPSILON,
    Space,
    distances,
    filtered,
    layers_of,
    measure,
    path_length,
    slerp,
    spaces_of,
    units,
)
from genbench.extractors import pixels
from genbench.extractors.classifier import Classifier, Ruler
from genbench.find import find
from genbench.models import Model
from genbench.per_image_random import normal_rows
from genbench.pipeline import params, runs
from tests.support.clone import ROOT

CATALOGUE = params.load(ROOT / "params.yaml").runs
SHAPE = (1, 8, 8)
LATENT = 5


def identity(images: Tensor) -> list[Tensor]:
    return [images]


def linear(straight: bool) -> tuple[Tensor, Space]:
    """A generator of images A z, float64, in a space with straight ways or arcs."""
    matrix = torch.randn(LATENT, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def draw(n: int, rng: torch.Generator) -> Tensor:
        return normal_rows(n, LATENT, rng=rng).double()

    return matrix, Space(draw, torch.lerp if straight else slerp, lambda codes, rng: (codes @ matrix).view(-1, 1, 4, 4))


def test_a_linear_generator_has_the_length_of_its_matrix() -> None:
    """E ‖A (b − a)‖² = 2 tr(Aᵀ A) of normal a and b, with a unit of 1; the hundredths left out take a little."""
    matrix, space = linear(straight=True)
    expected = 2 * float(matrix.square().sum())
    found = path_length(space, identity, [1.0], seed=0, pairs=20_000)
    assert found == pytest.approx(expected, rel=0.04)
    assert path_length(space, identity, [4.0], seed=0, pairs=100) == pytest.approx(
        path_length(space, identity, [1.0], seed=0, pairs=100) / 4
    )


def test_each_pair_of_a_linear_generator_has_the_square_of_its_way() -> None:
    matrix, space = linear(straight=True)
    first, last = torch.randn(2, 6, LATENT, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    shares = (torch.full((6, 1), at, dtype=torch.float64) for at in (0.3, 0.3 + EPSILON))
    near, far = (space.images(torch.lerp(first, last, share), torch.Generator()) for share in shares)
    expected = ((last - first) @ matrix).square().sum(1)
    torch.testing.assert_close(distances(identity, [1.0], near, far) / EPSILON**2, expected, rtol=1e-6, atol=0)


def test_an_arc_has_constant_speed_and_ends_at_both_codes() -> None:
    """On the sphere of radius r the way of a small share s is r · angle · s, whatever the point."""
    first, last = torch.tensor([[[3.0, 0.0]], [[0.0, 3.0]]], dtype=torch.float64)

    def at(share: float) -> Tensor:
        return slerp(first, last, torch.tensor([[share]], dtype=torch.float64))[0]

    for share, expected in ((0.0, [3.0, 0.0]), (0.5, [3 / math.sqrt(2)] * 2), (1.0, [0.0, 3.0])):
        assert at(share).tolist() == pytest.approx(expected)
    for share in (0.1, 0.7):
        assert float((at(share + EPSILON) - at(share)).norm()) == pytest.approx(3 * math.pi / 2 * EPSILON)


def test_the_extreme_hundredths_are_left_out() -> None:
    lengths = np.arange(1001.0)
    lengths[-1] = 1e9
    assert filtered(lengths) == 500.0
    assert filtered(np.array([7.0])) == 7.0


def test_units_are_the_variance_of_real_images() -> None:
    real = torch.randn(2000, 1, 4, 4, generator=torch.Generator().manual_seed(0)) * 3
    assert units(identity, real)[0] == pytest.approx(16 * 9, rel=0.05)


# Models and extractors


def model(run: str) -> Model:
    return runs.model(CATALOGUE[run].train, SHAPE, seed=0, key=run).eval()


@pytest.mark.parametrize(
    ("run", "spaces"),
    [
        *[(run, ["z"]) for run in ("nsgan", "biggan", "acgan", "bigan", "vae", "gigagan", "nsgan_generator_dropout")],
        *[(run, ["z", "w"]) for run in ("stylegan", "stylegan2")],
        *[(run, []) for run in ("ddpm", "realnvp", "vqvae", "noise", "held_out")],
    ],
)
def test_models_with_codes_have_lengths_and_others_none(run: str, spaces: list[str]) -> None:
    found = spaces_of(model(run))
    assert list(found) == spaces
    for space in found.values():
        length = path_length(space, identity, [1.0], seed=0, pairs=20)
        assert math.isfinite(length) and length > 0
        assert length == path_length(space, identity, [1.0], seed=0, pairs=20), "classes and noise are the same again"


def test_the_extractors_give_layers_of_images_that_are_not_rounded(tmp_path: Path) -> None:
    images = torch.rand(3, *SHAPE, generator=torch.Generator().manual_seed(0)) * 2 - 1
    random_conv = find("extractors", "random_conv")
    random_conv.obtain(tmp_path, {}, None, pixels=8, features=4)
    for extractor in (
        Ruler(Classifier((3, 4, 4), 2, 4), (3, 4, 4), ""),
        random_conv.load(tmp_path),
        pixels.Pixels(None),
    ):
        layers = layers_of(extractor)
        assert layers is not None
        with torch.no_grad():
            one, near = layers(images), layers(images + 1e-5)
        assert one and all(len(layer) == 3 for layer in one)
        assert all(not torch.equal(*pair) for pair in zip(one, near, strict=True))


def test_a_measurement_has_a_number_for_each_space() -> None:
    real = Images(np.random.default_rng(0).integers(256, size=(30, *SHAPE), dtype=np.uint8), np.zeros(30, np.int64))
    assert measure(model("stylegan2"), pixels.Pixels(None), real, 0).keys() == {"z", "w"}
    assert measure(model("noise"), pixels.Pixels(None), real, 0) == {}

"""Every flow: undone exactly, its determinant that of the Jacobian, its density one of the unit cube."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.autograd.functional import jacobian

from genbench.data.images import Images, Shape
from genbench.data.pixels import quantise, scale
from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.models.bases.flow import Flow
from genbench.models.bases.likelihood import dequantise, measure
from genbench.pipeline import runs
from genbench.seeding import torch_rng
from tests.models.test_likelihood import all_images

FLOWS: dict[str, dict[str, Any]] = {
    "realnvp": {"model": "realnvp", "scales": 2, "width": 6, "blocks": 1, "lr": 0.001},
    "glow": {"model": "glow", "scales": 1, "depth": 2, "width": 6, "lr": 0.001},
    "spline_flow": {"model": "spline_flow", "scales": 1, "depth": 2, "width": 6, "bins": 4, "lr": 0.001},
}
TWO_SCALES = [{**options, "scales": 2} for options in FLOWS.values()]
every_flow = pytest.mark.parametrize("options", FLOWS.values(), ids=FLOWS)


def images(shape: Shape, levels: int, n: int = 64) -> Images:
    """Dark images with a bright corner now and then."""
    rng = np.random.default_rng(levels)
    index = rng.binomial(levels - 1, rng.choice([0.1, 0.7], size=(n, 1, 1, 1)), size=(n, *shape))
    return Images(np.round(index * 255 / (levels - 1)).astype(np.uint8), np.zeros(n, np.int64))


def untrained(options: dict[str, Any], shape: Shape, levels: int) -> Flow:
    """As the loop begins it: its couplings are the identity."""
    model = runs.model(options, shape)
    assert isinstance(model, Flow)
    some = images(shape, levels)
    model.setup(Data(some, some, some, levels, ()), torch_rng(0, "begin"))
    return model.requires_grad_(False).eval()


def moved(options: dict[str, Any], shape: Shape, levels: int = 17, by: float = 0.1) -> Flow:
    """Its parameters moved at random, so that nothing in it is the identity."""
    model, rng = untrained(options, shape, levels), torch_rng(1, "move")
    for parameter in model.parameters():
        parameter.add_(by * torch.randn(parameter.shape, generator=rng))
    return model


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 4, 12)], ids=str)
@pytest.mark.parametrize("options", TWO_SCALES, ids=FLOWS)
def test_a_flow_is_undone(options: dict[str, Any], shape: Shape) -> None:
    model, rng = moved(options, shape), torch_rng(0, "x")
    x = torch.randn(16, *shape, generator=rng)
    assert model(x).value.shape == (16, math.prod(shape))
    torch.testing.assert_close(model.inverse(model(x).value), x, rtol=0, atol=1e-3)
    model, x = model.double(), x.double()
    torch.testing.assert_close(model.inverse(model(x).value), x, rtol=0, atol=1e-7)
    codes = torch.randn(16, math.prod(shape), generator=rng, dtype=torch.float64)
    torch.testing.assert_close(model(model.inverse(codes)).value, codes, rtol=0, atol=1e-7)


@every_flow
def test_its_determinant_is_that_of_the_jacobian(options: dict[str, Any]) -> None:
    shape = (1, 4, 4)
    model = moved(options, shape).double()
    for x in torch.randn(3, 1, *shape, generator=torch_rng(0, "x"), dtype=torch.float64):
        by_autograd = jacobian(lambda x: model(x).value[0], x).view(16, 16)  # type: ignore[no-untyped-call]
        torch.testing.assert_close(model(x).logdet[0], torch.linalg.slogdet(by_autograd).logabsdet)


def test_pixels_become_standard_normal_numbers_and_come_back() -> None:
    model = untrained(FLOWS["realnvp"], (1, 4, 4), 17)
    seen = scale(torch.from_numpy(images((1, 4, 4), 17).pixels)).repeat(200, 1, 1, 1)
    points = dequantise(seen, model.levels, torch_rng(0, "noise"))
    x, logdet = model.from_cube(points)
    torch.testing.assert_close(model.to_cube(x), points, rtol=0, atol=1e-6)
    # Half a count for each of 17 levels, against 64 images, moves both a little.
    torch.testing.assert_close(x.mean(0), torch.zeros(1, 4, 4), rtol=0, atol=0.1)
    torch.testing.assert_close(x.std(0), torch.ones(1, 4, 4), rtol=0, atol=0.1)
    one = points[:1].double().requires_grad_()
    (slopes,) = torch.autograd.grad(model.from_cube(one).value.sum(), one)  # pixel by pixel: the Jacobian's diagonal
    torch.testing.assert_close(logdet[0].double(), slopes.log().sum(), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("options", [FLOWS["realnvp"]], ids=["realnvp"])
def test_a_flow_that_does_nothing_has_the_likelihood_of_the_histograms(options: dict[str, Any]) -> None:
    some = images((1, 8, 8), 17)
    model = untrained(options, (1, 8, 8), 17)
    nats = [
        either.log_likelihood(scale(torch.from_numpy(some.pixels)), draws=1, rng=torch_rng(0, "noise")).nats
        for either in (model, model.pixels)
    ]
    torch.testing.assert_close(nats[0], nats[1], rtol=1e-5, atol=1e-3)


@every_flow
def test_probabilities_of_all_images_sum_to_one_and_are_those_of_samples(options: dict[str, Any]) -> None:
    """Each is a mean of the density over its bin: the exponential of a bound with one draw is unbiased."""
    shape: Shape = (1, 2, 2)
    model = moved(options, shape, levels=2, by=0.05)
    every = all_images(2, shape).repeat(1000, 1, 1, 1)
    bound = model.log_likelihood(every, draws=1, rng=torch_rng(0, "noise")).nats.double()
    means = bound.exp().view(1000, 16)
    error = float(means.sum(1).std() / 1000**0.5)
    assert error < 0.01
    assert float(means.sum(1).mean()) == pytest.approx(1, abs=4 * error)
    assert means.mean(0).max() > 2 * means.mean(0).min(), "else a uniform model would do"

    drawn = quantise(model.sample(20_000, rng=torch_rng(0, "sample")), 2).flatten(1).long() // 255
    counts = torch.bincount(drawn @ torch.tensor([8, 4, 2, 1]), minlength=16)  # in the order of all_images
    torch.testing.assert_close(counts / 20_000, means.mean(0).float(), rtol=0, atol=0.015)


@every_flow
def test_draws_make_the_bound_tighter(options: dict[str, Any]) -> None:
    model, some = moved(options, (1, 4, 4)), images((1, 4, 4), 17)
    bits = [
        measure(model, some.pixels, draws=draws, batch=64, rng=torch_rng(0, "noise"))["bits_per_dimension"]
        for draws in (1, 4, 16)
    ]
    assert bits[0] > bits[1] > bits[2]


def test_a_cold_sample_is_the_image_of_the_codes_origin() -> None:
    model = moved(FLOWS["glow"], (1, 4, 4))
    drawn = model.sample(5, rng=torch_rng(0, "sample"), temperature=1e-4)
    torch.testing.assert_close(drawn, drawn[:1].expand_as(drawn))


@pytest.mark.parametrize(
    ("model", "scales", "divisible"), [("realnvp", 4, 8), ("glow", 3, 8), ("spline_flow", 3, 8)], ids=str
)
def test_more_scales_than_an_image_has_are_refused(model: str, scales: int, divisible: int) -> None:
    options = {**FLOWS[model], "scales": scales}
    with pytest.raises(InputError, match=f"scales: {scales} scales halve .* divisible by {divisible}, got 28×28$"):
        runs.model(options, (1, 28, 28))
    runs.model(options, (1, 32, 32))

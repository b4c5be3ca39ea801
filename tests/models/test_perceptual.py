"""The perceptual loss: closed forms on a linear network, its gradient, and the networks of extractors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genbench.data.resize import resize
from genbench.errors import InputError
from genbench.models.bases.perceptual import Perceptual, of_extractor, to_ruler
from genbench.options import Reference
from genbench.seeding import torch_rng

RANDOM: Reference = {"name": "random_conv", "pixels": 8, "features": 6}


def images(n: int = 3, channels: int = 1, side: int = 8, seed: int = 0) -> Tensor:
    return torch.rand(n, channels, side, side, generator=torch_rng(seed, "images")) * 2 - 1


def linear(*weights: float) -> nn.Module:
    """One pixel of one channel times each weight, and the sum of all that."""
    first, last = nn.Conv2d(1, len(weights), 1), nn.Conv2d(len(weights), 1, 1)
    with torch.no_grad():
        first.weight.copy_(torch.tensor(weights).view(-1, 1, 1, 1))
        last.weight.fill_(1)
    return nn.Sequential(first, last)


def test_equal_images_have_no_distance() -> None:
    same = images()
    assert of_extractor(RANDOM, ["body.0", "body.2"])(same, same).tolist() == [0, 0, 0]


def test_the_loss_of_a_linear_network_is_known() -> None:
    """A layer of weights a, b: mean of (a d)² and (b d)² over pixels; the sum layer: ((a + b) d)²."""
    one, other = images(), images(seed=1)
    squares = (one - other).square().mean((1, 2, 3))
    of = linear(2.0, -5.0)
    torch.testing.assert_close(Perceptual(of, ["0"])(one, other), (4 + 25) / 2 * squares)
    torch.testing.assert_close(Perceptual(of, ["1"])(one, other), 9 * squares)
    torch.testing.assert_close(Perceptual(of, ["1", "0"])(one, other), (9 + 29 / 2) * squares)


def test_the_gradient_reaches_the_image_alone() -> None:
    """That of 9 · mean d² is 18 d / D."""
    one, other = images().requires_grad_(), images(seed=1).requires_grad_()
    loss = Perceptual(linear(2.0, -5.0), ["1"])(one, other).sum()
    slope, none = torch.autograd.grad(loss, [one, other], allow_unused=True)
    torch.testing.assert_close(slope, 18 * (one - other).detach() / 64)
    assert none is None


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [8, 11])
def test_an_extractor_sees_any_images_and_gives_gradients(channels: int, side: int) -> None:
    one, other = images(2, channels, side).requires_grad_(), images(2, channels, side, seed=1)
    loss = of_extractor(RANDOM, ["body.1", "body.3"])(one, other)
    assert (loss > 0).all()
    assert (torch.autograd.grad(loss.sum(), one)[0] != 0).all()


def test_the_network_is_that_of_the_extractor_and_no_global_randomness_is_used() -> None:
    before = torch.random.get_rng_state()
    with torch.device("meta"):
        first, second = (of_extractor({**RANDOM, "seed": seed}, ["body.3"]) for seed in (0, 0))  # type: ignore[dict-item]
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(first(images(), images(seed=1)), second(images(), images(seed=1)))
    other = of_extractor({**RANDOM, "seed": 1}, ["body.3"])  # type: ignore[dict-item]
    assert not torch.equal(first(images(), images(seed=1)), other(images(), images(seed=1)))


def test_images_come_to_the_network_as_an_extractors_do() -> None:
    pixels = np.random.default_rng(0).integers(256, size=(2, 1, 20, 20), dtype=np.uint8)
    seen = to_ruler(8)(torch.from_numpy(pixels) / 127.5 - 1)
    assert seen.shape == (2, 3, 8, 8)
    torch.testing.assert_close(seen[:, :1], torch.from_numpy(resize(pixels, 8)).float(), atol=1.01, rtol=0)
    same = to_ruler(20)(torch.from_numpy(pixels) / 127.5 - 1)[:, :1]
    torch.testing.assert_close(same, torch.from_numpy(pixels).float())


@pytest.mark.parametrize(
    ("extractor", "layers", "message"),
    [
        (RANDOM, ["body.9"], r"unknown perceptual layer 'body.9'.*there is: body, body.0, body.1, body.2, body.3\)"),
        (RANDOM, [], "perceptual layers: expected at least one, got none"),
        ("pixels", ["body"], "extractor: expected one that is a network, such as random_conv, got pixels"),
        (
            "classifier",
            ["body"],
            "expected one whose weights come from no dataset, such as random_conv, got classifier",
        ),
        ("random", ["body"], "unknown extractor 'random'; did you mean 'random_conv'"),
        ({"name": "random_conv", "feature": 3}, ["body"], "extractor random_conv: option 'feature'; did you mean"),
    ],
)
def test_what_gives_no_layers_is_refused(extractor: Reference, layers: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        of_extractor(extractor, layers)
    assert "\n" not in str(error.value)

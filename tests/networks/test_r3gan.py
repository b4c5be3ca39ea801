"""The network of R3GAN: its blocks at the start, its resampling, and its published sizes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.nn.modules.batchnorm import _NormBase

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks import r3gan
from genbench.networks.r3gan import GAIN, Resample, Residual
from genbench.options import build
from genbench.seeding import seeded_initialisation, torch_rng


def networks(shape: Shape = (1, 16, 16), **options: Any) -> list[nn.Module]:
    with seeded_initialisation(0, "network"):
        return list(r3gan.build(shape, 5, 1, **{"width": 8, "group": 4} | options))


def of_kind(kind: type[nn.Module], *halves: nn.Module) -> list[Any]:
    return [module for half in halves for module in half.modules() if isinstance(module, kind)]


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch_rng(0, "inputs"))


def test_every_block_is_the_identity_at_the_start_and_learns() -> None:
    halves = networks()
    blocks = of_kind(Residual, *halves)
    assert len(blocks) == 2 * 3 * 2, "two networks of three sizes, two blocks each"
    for block in blocks:
        inputs = normal(2, block.body[0].in_channels, 4, 4)
        assert torch.equal(block(inputs), inputs)
        block(inputs).square().sum().backward()
        assert block.body[4].weight.grad.any()


def test_fix_up_gains() -> None:
    """The first two convolutions of a block have variance gain² / inputs, gain² = 2 / (1 + 0.2²) / √(blocks)."""
    for half in networks(width=64, group=16):
        for block in of_kind(Residual, half):
            for layer in (block.body[0], block.body[2]):
                inputs = layer.weight[0].numel()
                assert layer.weight.var().item() * inputs == pytest.approx(GAIN**2 / 6**0.5, rel=0.1)


def test_nothing_is_normalised() -> None:
    for half in networks():
        assert not of_kind(_NormBase, half)
        assert not of_kind(nn.GroupNorm, half)
        assert not of_kind(nn.LayerNorm, half)


def test_groups_of_convolutions() -> None:
    for width, expansion, group in ((8, 2, 4), (16, 2, 16), (12, 3, 6)):
        halves = networks((1, 8, 8), width=width, expansion=expansion, group=group)
        for block in of_kind(Residual, *halves):
            first, grouped, last = of_kind(nn.Conv2d, block)
            assert grouped.in_channels == grouped.out_channels == expansion * first.in_channels
            assert grouped.groups == grouped.in_channels // group
            assert first.groups == last.groups == 1


def test_widths_double_at_each_halving_up_to_the_widest() -> None:
    _, critic = networks((3, 32, 32), width=8, widest=16)
    assert [block.body[0].in_channels for block in of_kind(Residual, critic)] == [8, 8, 16, 16, 16, 16, 16, 16]


def test_doubling_is_bilinear_within_the_image() -> None:
    features = normal(2, 3, 5, 6)
    doubled = Resample(double=True)(features)
    wanted = interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(doubled[..., 1:-1, 1:-1], wanted[..., 1:-1, 1:-1])
    assert doubled.shape == wanted.shape


def test_halving_keeps_what_is_flat_and_stops_what_alternates() -> None:
    halve = Resample(double=False)
    flat, board = torch.ones(1, 2, 8, 8), (-1.0) ** torch.arange(8).view(1, 1, 1, 8).expand(1, 2, 8, 8)
    torch.testing.assert_close(halve(flat)[..., 1:-1, 1:-1], torch.ones(1, 2, 2, 2))
    torch.testing.assert_close(halve(board)[..., 1:-1, 1:-1], torch.zeros(1, 2, 2, 2))
    assert halve(torch.ones(1, 2, 7, 9)).shape == (1, 2, 3, 4)


def test_halving_is_the_transpose_of_doubling() -> None:
    """A quarter of it: ⟨halve(x), y⟩ = ¼ ⟨x, double(y)⟩."""
    large, small = normal(1, 1, 8, 8), torch.randn(1, 1, 4, 4, generator=torch_rng(0, "small"))
    one = (Resample(double=False)(large) * small).sum()
    torch.testing.assert_close(one, (large * Resample(double=True)(small)).sum() / 4)


def test_a_code_scales_the_maps_of_the_basis() -> None:
    generator, _ = networks()
    assert isinstance(generator, r3gan.Generator)
    begin = generator.body[0]
    codes = normal(3, 5)
    torch.testing.assert_close(begin(2 * codes), 2 * begin(codes))
    assert not begin(torch.zeros(1, 5)).any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 8}, ["r3gan: group", "divisor of the 16 channels", "got 12"]),
        ({"width": 8, "widest": 4}, ["r3gan: widest", "at least width, 8", "got 4"]),
        ({"width": 8, "blocks": 0}, ["r3gan.blocks", "greater than or equal to 1"]),
    ],
)
def test_bad_options(options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        build("networks", {"name": "r3gan", "group": 12, **options}, (1, 8, 8), 5, 1)
    assert all(word in str(error.value) for word in words), error.value
    assert "\n" not in str(error.value)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("side", "width", "counts"),
    [(32, 768, [20_732_160, 20_683_776]), (64, 384, [22_429_824, 22_381_440]), (256, 96, [23_057_952, 23_009_568])],
)
def test_published_sizes(side: int, width: int, counts: list[int]) -> None:
    """Parameters of generator and critic by the authors' program, presets CIFAR10, FFHQ-64 and FFHQ-256."""
    with torch.device("meta"):
        halves = r3gan.build((3, side, side), 64, 1, width=width, widest=768)
    assert [sum(parameter.numel() for parameter in half.parameters()) for half in halves] == counts

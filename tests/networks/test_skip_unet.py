"""The U-Net of pix2pix: its shapes, what its skips carry, its noise, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks.blocks.skip_unet import SkipUNet
from genbench.seeding import seeded_initialisation, torch_rng


def network(shape: Shape, halvings: int, dropout: float = 0.0) -> SkipUNet:
    with seeded_initialisation(0, "network"):
        made = SkipUNet(shape, width=4, halvings=halvings, dropout=dropout)
        for parameter in made.parameters():
            nn.init.normal_(parameter, std=0.2)
    return made.double().eval()


def images(shape: Shape, n: int = 2) -> torch.Tensor:
    return torch.randn(n, *shape, generator=torch_rng(0, "images"), dtype=torch.float64)


@pytest.mark.parametrize(
    ("shape", "halvings"), [((1, 8, 8), 3), ((3, 28, 28), 3), ((1, 7, 13), 2), ((1, 2, 3), 1)], ids=str
)
def test_any_sides_are_met_again(shape: Shape, halvings: int) -> None:
    out = network(shape, halvings)(images(shape))
    assert out.shape == (2, *shape)
    assert out.abs().max() <= 1


def test_a_grid_of_one_pixel_sees_the_whole_image_and_the_first_skip_a_patch() -> None:
    """By gradients of a number at a corner: all pixels, but those nearby alone once the way down is cut."""
    source = images((1, 16, 16), 1).requires_grad_()
    made = network((1, 16, 16), 4)
    (slope,) = torch.autograd.grad(made(source)[0, 0, 0, 0], source)
    assert (slope != 0).all()
    made.down[1].register_forward_hook(lambda module, inputs, output: output * 0)
    (slope,) = torch.autograd.grad(made(source)[0, 0, 0, 0], source)
    rows, columns = (slope[0, 0] != 0).nonzero().unbind(1)
    assert (int(rows.max()), int(columns.max())) == (2, 2), "kernels of 4×4 around the pixels of one of the half size"


def test_dropout_is_the_caller_s_noise_and_keeps_the_mean() -> None:
    made, source = network((1, 8, 8), 3, dropout=0.5), images((1, 8, 8), 1)
    with torch.no_grad():
        still, noisy = made(source), [made(source, torch_rng(seed, "noise")) for seed in (0, 0, 1)]
    assert torch.equal(noisy[0], noisy[1])
    assert not torch.equal(noisy[0], noisy[2])
    assert not torch.equal(noisy[0], still)
    assert torch.equal(network((1, 8, 8), 3)(source, torch_rng(0, "noise")), still)
    seen: list[torch.Tensor] = []
    made.up[1].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        made(source.expand(4000, -1, -1, -1), torch_rng(2, "noise"))
        made(source)
    dropped, kept = seen
    torch.testing.assert_close(dropped.mean(0), kept[0], rtol=0, atol=6 * float(kept.abs().max()) / 4000**0.5)
    shares = (dropped[:, :8] == 0).double().mean((0, 2, 3))
    torch.testing.assert_close(shares, torch.full_like(shares, 0.5), rtol=0, atol=6 * 0.5 / 16000**0.5)


def test_more_halvings_than_the_sides_allow_are_refused() -> None:
    with pytest.raises(InputError, match="halvings: expected how often 8×8 pixels can be halved at most, got 4"):
        network((1, 8, 8), 4)

"""The generator of CycleGAN: its shapes, what of an image it sees, and what it refuses."""

from __future__ import annotations

import pytest
import torch

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks.blocks.residual_translator import Residual, ResidualTranslator
from genbench.seeding import seeded_initialisation, torch_rng


def images(shape: Shape, n: int = 2) -> torch.Tensor:
    return torch.randn(n, *shape, generator=torch_rng(0, "images"))


@pytest.mark.parametrize(
    ("shape", "halvings"), [((1, 8, 8), 2), ((3, 9, 13), 1), ((1, 7, 5), 1), ((1, 4, 4), 0)], ids=str
)
def test_any_sides_are_met_again(shape: Shape, halvings: int) -> None:
    out = ResidualTranslator(shape, width=2, halvings=halvings, blocks=1)(images(shape))
    assert out.shape == (2, *shape)
    assert out.abs().max() <= 1


def test_a_block_without_weights_changes_nothing() -> None:
    block = Residual(3)
    for parameter in block.parameters():
        torch.nn.init.zeros_(parameter)
    x = images((3, 4, 4))
    assert torch.equal(block(x), x)


def test_an_image_is_normalised_by_itself() -> None:
    with seeded_initialisation(0, "network"):
        network = ResidualTranslator((1, 8, 8), width=4, halvings=1, blocks=1).double()
    both = images((1, 8, 8)).double()
    torch.testing.assert_close(network(both)[:1], network(both[:1]))


@pytest.mark.parametrize(("shape", "halvings"), [((1, 3, 8), 0), ((1, 4, 8), 2)])
def test_grids_that_are_too_small_are_refused(shape: Shape, halvings: int) -> None:
    with pytest.raises(InputError, match=rf"^halvings: expected images of at least 4×4 .* got {shape[1]}×8 and"):
        ResidualTranslator(shape, width=2, halvings=halvings, blocks=1)

"""The receptive field of the critic of patches, by gradients; its shapes, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench.adversarial.adversarial_loss import build as build_loss
from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks import across_batch
from genbench.networks.blocks.patch_critic import FIELDS, PatchCritic, build
from genbench.seeding import seeded_initialisation, torch_rng


def critic(shape: Shape, field: int, *, outputs: int = 1, width: int = 2) -> PatchCritic:
    with seeded_initialisation(0, "critic"):
        made = build(shape, outputs, receptive_field=field, width=width, critic_norm="none")
        for parameter in made.parameters():
            nn.init.normal_(parameter)
    return made.double()


def test_the_fields_are_those_of_the_paper() -> None:
    assert list(FIELDS) == [1, 7, 16, 34, 70, 142, 286]


@pytest.mark.parametrize("field", [1, 7, 16, 34, 70])
def test_a_patch_has_as_many_pixels_a_side_as_asked(field: int) -> None:
    """By the gradient of the number in the middle of an image that is large enough."""
    side = max(2 * field, 16)
    images = torch.randn(1, 1, side, side, generator=torch_rng(0, "images"), dtype=torch.float64).requires_grad_()
    numbers = critic((1, side, side), field).patches(images)[0, 0]
    (slope,) = torch.autograd.grad(numbers[len(numbers) // 2, len(numbers) // 2], images)
    rows, columns = (slope[0, 0] != 0).nonzero().unbind(1)
    assert [int(places.max() - places.min() + 1) for places in (rows, columns)] == [field, field]


def test_each_patch_is_a_row_that_losses_take_as_an_image() -> None:
    judge = critic((3, 20, 28), 16, outputs=2)
    images = torch.randn(2, 3, 20, 28, generator=torch_rng(0, "images"), dtype=torch.float64)
    patches = judge.patches(images)
    assert patches.shape == (2, 2, 8, 12)
    assert torch.equal(judge(images)[8 * 12 + 12 + 1], patches[1, :, 1, 1])
    judge = critic((1, 8, 8), 7)
    real, fake = torch.zeros(2, 1, 8, 8, dtype=torch.float64), torch.ones(2, 1, 8, 8, dtype=torch.float64)
    loss = build_loss("least_squares", [{"name": "r1", "weight": 1.0}], judge)
    plain = build_loss("least_squares", [], judge)
    with_slope, without = (each.critic_loss(judge, real, fake, torch_rng(0, "loss")) for each in (loss, plain))
    expected = plain.objective.critic(judge.patches(real).flatten(), judge.patches(fake).flatten())
    torch.testing.assert_close(without, expected)
    assert with_slope > without


def test_normalisation_is_of_all_layers_but_the_first_and_the_last() -> None:
    made = build((1, 16, 16), 1, receptive_field=34, width=4, critic_norm="batch")
    assert [m.num_features for m in made.modules() if isinstance(m, nn.BatchNorm2d)] == [8, 16]
    assert across_batch(made)


def test_channels_are_those_of_the_paper() -> None:
    """Isola et al. (2017), appendix 6.1.2: C64-C128-C256-C512 for the field of 70, and a convolution to 1."""
    with torch.device("meta"):
        made = build((6, 256, 256), 1, receptive_field=70, width=64, critic_norm="batch")
        assert made.patches(torch.empty(1, 6, 256, 256)).shape == (1, 1, 30, 30)
    assert [m.out_channels for m in made.modules() if isinstance(m, nn.Conv2d)] == [64, 128, 256, 512, 1]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (8, "receptive_field: expected one of 1, 7, 16, 34, 70, 142, 286, got 8"),
        (34, "receptive_field: 34 takes images of at least 12 pixels a side, got 8×8"),
    ],
)
def test_fields_that_there_are_not_are_refused(field: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        critic((1, 8, 8), field)

"""The U-Net: any shape, what it is told, and where it starts."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks.blocks.unet import UNet, sinusoids
from genbench.seeding import seeded_initialisation, torch_rng


def awake(shape: Shape, *, attention: bool = True, classes: int = 0) -> UNet:
    """One whose last layers are no longer zero."""
    with seeded_initialisation(0, "unet"):
        network = UNet(shape, width=8, attention=attention, classes=classes)
        for parameter in network.parameters():
            nn.init.normal_(parameter, std=0.1)
    return network.eval()


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch_rng(0, "noise"))


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 7), (1, 8, 8), (3, 9, 13), (1, 28, 28), (3, 32, 32)], ids=str)
@pytest.mark.parametrize("attention", [False, True])
def test_any_shape_fits_and_the_start_is_zero(shape: Shape, attention: bool) -> None:
    images, times = noise(3, *shape), torch.tensor([0.0, 0.5, 1.0])
    assert torch.equal(UNet(shape, width=8, attention=attention)(images, times), torch.zeros(3, *shape))
    out = awake(shape, attention=attention)(images, times)
    assert out.shape == (3, *shape)
    assert out.std() > 0


def test_each_image_is_seen_alone_with_its_time_and_its_class() -> None:
    network = awake((1, 8, 8), classes=3)
    images, times, labels = noise(4, 1, 8, 8), torch.tensor([0.1, 0.1, 0.9, 0.9]), torch.tensor([0, 1, 2, -1])
    whole = network(images, times, labels)
    for index in range(4):
        row = slice(index, index + 1)
        torch.testing.assert_close(network(images[row], times[row], labels[row]), whole[row], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(network(images, times, labels.roll(1)), whole)
    assert not torch.allclose(network(images, times.roll(1), labels), whole)


def test_no_label_is_the_class_unknown() -> None:
    network = awake((1, 8, 8), classes=3)
    images, times = noise(2, 1, 8, 8), torch.tensor([0.2, 0.7])
    for unknown in (-1, 3):
        assert torch.equal(network(images, times), network(images, times, torch.full((2,), unknown)))


def test_sinusoids_tell_neighbouring_steps_of_a_thousand_apart() -> None:
    embedded = sinusoids(torch.arange(1001.0), 32)
    distances = torch.cdist(embedded, embedded) + 10 * torch.eye(1001)
    assert distances.min() > 0.5


def test_a_width_that_cannot_be_grouped_is_refused() -> None:
    with pytest.raises(InputError, match="width: expected a multiple of 8, .*got 12"):
        UNet((1, 8, 8), width=12, attention=False)

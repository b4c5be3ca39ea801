"""Layers of Glow: initialised by data, and a convolution with a determinant that is known."""

from __future__ import annotations

import torch

from genbench.models.glow import ActNorm, Convolution
from genbench.seeding import seeded_initialisation, torch_rng


def test_a_first_batch_leaves_actnorm_with_mean_zero_and_variance_one() -> None:
    x = torch.randn(50, 3, 4, 4, generator=torch_rng(0, "x")) * torch.tensor([0.1, 1, 7])[:, None, None] + 5
    layer = ActNorm(3).requires_grad_(False)
    layer.initialise(x)
    after = layer(x).value
    torch.testing.assert_close(after.mean((0, 2, 3)), torch.zeros(3), rtol=0, atol=1e-4)
    torch.testing.assert_close(after.var((0, 2, 3), correction=0), torch.ones(3))


def test_a_constant_channel_does_not_break_actnorm() -> None:
    layer = ActNorm(1).requires_grad_(False)
    layer.initialise(torch.full((4, 1, 2, 2), 3.0))
    assert layer(torch.full((4, 1, 2, 2), 3.0)).value.abs().max() == 0


def test_a_convolution_begins_as_a_rotation() -> None:
    with seeded_initialisation(0, "initialise"):
        layer = Convolution(8).requires_grad_(False)
    x = torch.randn(5, 8, 3, 3, generator=torch_rng(0, "x"))
    value, logdet = layer(x)
    torch.testing.assert_close(value.square().sum(1), x.square().sum(1))
    torch.testing.assert_close(logdet, torch.zeros(5), rtol=0, atol=1e-4)
    layer.log_scale.add_(0.5)
    torch.testing.assert_close(layer(x).logdet, torch.full((5,), 9 * 8 * 0.5))

"""Coupling of the spline flow: it bends one half by the other within a box."""

from __future__ import annotations

import torch
from torch import nn

from genbench.models.spline_flow import SplineCoupling
from genbench.seeding import torch_rng


def test_a_coupling_begins_as_the_identity_and_ends_at_the_box() -> None:
    coupling = SplineCoupling(4, 8, 5).requires_grad_(False)
    x = 3 * torch.randn(6, 4, 2, 2, generator=torch_rng(0, "x"))
    value, logdet = coupling(x)
    torch.testing.assert_close(value, x, rtol=0, atol=1e-5)
    torch.testing.assert_close(logdet, torch.zeros(6), rtol=0, atol=1e-4)

    last = [module for module in coupling.modules() if isinstance(module, nn.Conv2d)][-1]
    last.weight.add_(torch.randn(last.weight.shape, generator=torch_rng(0, "weights")))
    value = coupling(x).value
    outside = x.abs() > 5
    outside[:, :2] = True  # the half that stays
    assert outside[:, 2:].any()
    assert torch.equal(value[outside], x[outside])
    assert (value[~outside].abs() < 5).all()
    assert ((value - x).abs() > 0.01)[~outside].float().mean() > 0.9

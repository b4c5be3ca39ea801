"""Masks of Real NVP, which leave no pixel as it came."""

from __future__ import annotations

import torch

from genbench.models.bases.multiscale import Coupling, Scale, channels_mask, checkerboard
from genbench.models.realnvp import build


def test_masks_alternate() -> None:
    board = checkerboard((1, 3, 4), 0)
    assert board.tolist() == [[[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]]
    assert torch.equal(board + checkerboard((1, 3, 4), 1), torch.ones(1, 3, 4))
    assert channels_mask(4, 0).flatten().tolist() == [1, 1, 0, 0]
    assert channels_mask(4, 1).flatten().tolist() == [0, 0, 1, 1]


def test_every_number_is_moved_within_each_scale() -> None:
    model = build((1, 8, 8), scales=3, width=2, blocks=1, lr=0.001)
    scales = [module for module in model.modules() if isinstance(module, Scale)]
    assert [sum(isinstance(layer, Coupling) for layer in scale) for scale in scales] == [6, 6, 4]
    for scale in scales:
        masks = [layer.mask for layer in scale if isinstance(layer, Coupling)]
        for pair in (masks[:2], masks[-2:]):
            assert torch.equal(pair[0] + pair[1], torch.ones_like(pair[0]))


def test_a_coupling_keeps_what_its_mask_keeps() -> None:
    class Network(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([torch.full_like(x, 30.0), x.sum((1, 2, 3), keepdim=True).expand_as(x)], 1)

    coupling = Coupling(1, torch.tensor([[[1.0, 0.0]]]), Network())
    value, logdet = coupling(torch.tensor([[[[2.0, 3.0]]]]))
    torch.testing.assert_close(value, torch.tensor([[[[2.0, 3.0 * torch.e + 2.0]]]]))
    torch.testing.assert_close(logdet, torch.ones(1))

"""Spectral normalisation: Miyato et al. (2018), algorithm 1.

A weight W, as a matrix (out, everything else), is divided by an estimate of its largest singular value, uᵀ W v with
v = Wᵀu / ‖Wᵀu‖; each pass in training makes one step of power iteration, u ← Wv / ‖Wv‖. u and v count as constants in
gradients.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrize import register_parametrization

N = TypeVar("N", bound=nn.Module)


class Spectral(nn.Module):
    """Parametrisation of a weight by the same weight with largest singular value 1."""

    u: Tensor

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.register_buffer("u", normalize(torch.randn(outputs), dim=0))

    def forward(self, weight: Tensor) -> Tensor:
        matrix = weight.flatten(1)
        with torch.no_grad():
            v = normalize(self.u @ matrix, dim=0)
            if self.training:
                # a new tensor: the graph of an earlier pass may hold the old one
                self.u = normalize(matrix @ v, dim=0)
        return weight / (self.u @ matrix @ v)


def spectrally(network: N, spectral: bool) -> N:
    """Return a network; if asked to, with every weight of a linear map spectrally normalised from now on."""
    for module in list(network.modules()) if spectral else []:
        if isinstance(module, nn.Conv2d | nn.Linear):
            normalise(module)
    return network


def normalise(layer: nn.Conv2d | nn.Linear | nn.Embedding) -> None:
    """Normalise the weight of one layer, in place."""
    register_parametrization(layer, "weight", Spectral(len(layer.weight)))

"""torchmetrics, with a network that gives back what it gets."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

importlib.import_module("genbench.data.datasets._torchvision")

from torchmetrics.image.fid import FrechetInceptionDistance  # noqa: E402
from torchmetrics.image.kid import KernelInceptionDistance  # noqa: E402

BATCH = 1000
Numbers = dict[str, float]


def _identity(dimensions: int) -> nn.Module:
    network = nn.Identity()
    network.num_features = dimensions  # type: ignore[assignment]
    return network


def _update(metric: FrechetInceptionDistance | KernelInceptionDistance, side: np.ndarray, *, real: bool) -> None:
    for start in range(0, len(side), BATCH):
        metric.update(torch.from_numpy(side[start : start + BATCH]), real=real)


def frechet(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID"""
    metric = FrechetInceptionDistance(feature=_identity(real.shape[1]))

    def run() -> Numbers:
        _update(metric, real, real=True)
        _update(metric, fake, real=False)
        return {"fid": metric.compute().item()}

    return run


def frechet_known(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID, sums over the real features known"""
    metric = FrechetInceptionDistance(feature=_identity(real.shape[1]), reset_real_features=False)
    _update(metric, real, real=True)

    def run() -> Numbers:
        _update(metric, fake, real=False)
        return {"fid": metric.compute().item()}

    return run


def frechet_moments(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID, sums over the features of both known"""
    metric = FrechetInceptionDistance(feature=_identity(real.shape[1]))
    _update(metric, real, real=True)
    _update(metric, fake, real=False)
    return lambda: {"fid": metric.compute().item()}


def pairs(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """KID over 100 subsets of 1,000"""
    metric = KernelInceptionDistance(feature=_identity(real.shape[1]), subset_size=min(1000, len(real)))

    def run() -> Numbers:
        _update(metric, real, real=True)
        _update(metric, fake, real=False)
        return {"kid": metric.compute()[0].item()}

    return run

"""pytorch-fid, by the function that its command calls, on moments computed as it does."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np

importlib.import_module("genbench.data.datasets._torchvision")

from pytorch_fid.fid_score import calculate_frechet_distance  # noqa: E402

Numbers = dict[str, float]


def frechet(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID"""
    return lambda: {"fid": float(calculate_frechet_distance(*_moments(real), *_moments(fake)))}


def frechet_known(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID, mean and covariance of the real features known"""
    reference = _moments(real)
    return lambda: {"fid": float(calculate_frechet_distance(*reference, *_moments(fake)))}


def frechet_moments(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID, means and covariances known"""
    moments = *_moments(real), *_moments(fake)
    return lambda: {"fid": float(calculate_frechet_distance(*moments))}


def _moments(side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return side.mean(axis=0), np.cov(side, rowvar=False)

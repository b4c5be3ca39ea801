"""torch-fidelity, by the functions that its command calls once it has features; its own defaults."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import torch

importlib.import_module("genbench.data.datasets._torchvision")

from torch_fidelity import metric_fid, metric_kid, metric_prc  # noqa: E402

Numbers = dict[str, float]
Statistics = dict[str, np.ndarray]


def frechet(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID"""
    return lambda: _distance(_statistics(real), _statistics(fake))


def frechet_known(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID, mean and covariance of the real features known"""
    reference = _statistics(real)
    return lambda: _distance(reference, _statistics(fake))


def frechet_moments(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID, means and covariances known"""
    reference, other = _statistics(real), _statistics(fake)
    return lambda: _distance(reference, other)


def _statistics(side: np.ndarray) -> Statistics:
    found: Statistics = metric_fid.fid_features_to_statistics(torch.from_numpy(side))
    return found


def _distance(real: Statistics, fake: Statistics) -> Numbers:
    return {"fid": metric_fid.fid_statistics_to_metric(fake, real, False)["frechet_inception_distance"]}


def pairs(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """precision, recall, KID over 100 subsets of 1,000"""

    def run() -> Numbers:
        x, y = torch.from_numpy(real), torch.from_numpy(fake)
        prc = metric_prc.prc_features_to_metric(y, x, verbose=False)
        kid = metric_kid.kid_features_to_metric(y, x, kid_subset_size=min(1000, len(x)), verbose=False)
        means = {"kid": kid["kernel_inception_distance_mean"]}
        return {"precision": prc["precision"], "recall": prc["recall"]} | means

    return run

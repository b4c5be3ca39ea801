"""torch-fidelity, by the functions that its command calls once it has features; its own defaults."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import torch

importlib.import_module("genbench.torchvision_shim")

from torch_fidelity import metric_fid, metric_kid, metric_prc  # noqa: E402

Numbers = dict[str, float]


def frechet(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID"""
    return lambda: _distance(metric_fid.fid_features_to_statistics(torch.from_numpy(real)), fake)


def frechet_known(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID, mean and covariance of the real features known"""
    reference = metric_fid.fid_features_to_statistics(torch.from_numpy(real))
    return lambda: _distance(reference, fake)


def _distance(reference: dict[str, np.ndarray], fake: np.ndarray) -> Numbers:
    statistics = metric_fid.fid_features_to_statistics(torch.from_numpy(fake))
    return {"fid": metric_fid.fid_statistics_to_metric(statistics, reference, False)["frechet_inception_distance"]}


def pairs(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """precision, recall, KID over 100 subsets of 1,000"""

    def run() -> Numbers:
        x, y = torch.from_numpy(real), torch.from_numpy(fake)
        prc = metric_prc.prc_features_to_metric(y, x, verbose=False)
        kid = metric_kid.kid_features_to_metric(y, x, kid_subset_size=min(1000, len(x)), verbose=False)
        means = {"kid": kid["kernel_inception_distance_mean"]}
        return {"precision": prc["precision"], "recall": prc["recall"]} | means

    return run

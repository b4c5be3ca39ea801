"""This project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from genbench.data.features import Features
from genbench.metrics import (
    clipped_density_coverage,
    density_coverage,
    fid,
    kid,
    mind,
    precision_recall,
    realism,
    vendi,
)
from genbench.metrics.numerics import neighbours
from genbench.metrics.numerics.gaussians import Gaussian, frechet_distance, gaussian

Numbers = dict[str, float]


def frechet(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID"""
    return lambda: fid.compute(real=Features(real), fake=Features(fake))


def frechet_known(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID, mean and factor of the real covariance known"""
    reference = _known(real)
    return lambda: {"fid": frechet_distance(reference, gaussian(fake))}


def frechet_moments(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """FID, means and covariances known, the factor of the real one too; of few images, their centred rows"""
    reference = _known(real)
    other = gaussian(fake)
    _ = other.mean, other.trace
    return lambda: {"fid": frechet_distance(reference, other)}


def _known(real: np.ndarray) -> Gaussian:
    """Make a reference that keeps the results of a first distance from it."""
    reference = gaussian(real)
    frechet_distance(reference, gaussian(real))
    return reference


def pairs(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """precision, recall, density, coverage, KID over all pairs, authenticity"""
    neighbours._within.cache_clear()
    neighbours._between.cache_clear()
    sets: dict[str, Any] = {"real": Features(real), "fake": Features(fake)}

    def run() -> Numbers:
        numbers = precision_recall.compute(**sets, k=3) | density_coverage.compute(**sets, k=5) | kid.compute(**sets)
        near = neighbours.nearest(fake, among=real)
        spacing = neighbours.within(real).nearest[near.places[:, 0], 0]
        return numbers | {"authenticity": float(np.mean(near.distances[:, 0] > spacing))}

    return run


def balls(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """clipped density, clipped coverage, realism, over all pairs"""
    neighbours._within.cache_clear()
    neighbours._between.cache_clear()
    sets = {"real": Features(real), "fake": Features(fake)}
    return lambda: clipped_density_coverage.compute(**sets, k=5) | realism.compute(**sets, k=3)


def directions(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """MIND along 1,000 directions"""
    sets = {"real": Features(real), "fake": Features(fake)}
    return lambda: mind.compute(**sets, rng=np.random.default_rng(0), projections=1000)


def diversity(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """Vendi score"""
    del real
    return lambda: vendi.compute(fake=Features(fake))

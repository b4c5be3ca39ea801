"""Distributions on the plane with known modes, and scores of samples.

Each target is a mixture, in equal parts, of normal distributions of one standard deviation around given centres; the
modes are groups of centres. Metrics are those of Srivastava et al., "VEEGAN" (2017), section 4.1, and of Lin et al.,
"PacGAN" (2018): a sample is of high quality within 3 sd of the nearest centre, a mode is captured if it has any such
sample, and the histogram of all samples over modes is compared with the even one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genbench.options import Count, Positive

NEAR = 3.0  # standard deviations within which a sample is of high quality


@dataclass(frozen=True)
class Target:
    """Known modes. centres: (M, 2), within [-1, 1]. modes: (M,), the mode of each centre, from 0. sd: of the noise."""

    centres: np.ndarray
    modes: np.ndarray
    sd: float

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw n points, (n, 1, 1, 2) float32."""
        which = torch.randint(len(self.centres), (n,), generator=rng)
        centres = torch.tensor(self.centres, dtype=torch.float32)[which]
        return (centres + self.sd * torch.randn(n, 2, generator=rng)).view(n, 1, 1, 2)


def ring(*, modes: Count, radius: Positive, sd: Positive) -> Target:
    """Make a target of points evenly on a circle."""
    angles = 2 * math.pi * np.arange(modes) / modes
    return Target(radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), np.arange(modes), sd)


def grid(*, side: Count, reach: Positive, sd: Positive) -> Target:
    """Make a target of side × side points from -reach to reach in both coordinates."""
    line = np.linspace(-reach, reach, side)
    return Target(np.stack(np.meshgrid(line, line), axis=2).reshape(-1, 2), np.arange(side**2), sd)


def swiss_roll(*, turns: Positive, reach: Positive, arcs: Count, sd: Positive, centres: Count = 600) -> Target:
    """Make a spiral from a quarter of its radius outwards, even in its length; its modes are `arcs` equal arcs."""
    angles = np.linspace(0, 2 * math.pi * turns, 20_000)
    fine = (np.linspace(0.25, 1.0, len(angles)) * np.stack([np.cos(angles), np.sin(angles)])).T * reach
    along = np.concatenate([[0.0], np.linalg.norm(np.diff(fine, axis=0), axis=1).cumsum()])
    shares = (np.arange(centres) + 0.5) / centres
    points = [np.interp(shares * along[-1], along, fine[:, axis]) for axis in (0, 1)]
    return Target(np.stack(points, axis=1), (shares * arcs).astype(int), sd)


@dataclass(frozen=True)
class Coverage:
    """Scores. captured: modes with a sample of high quality. quality: the share of such samples, in [0, 1].

    kl: KL(histogram of all samples over modes ‖ even), in nats, log of the number of modes if only one is hit.
    """

    captured: int
    quality: float
    kl: float


def coverage(samples: np.ndarray, target: Target) -> Coverage:
    """Score what (N, 2) samples cover of a target."""
    squared = ((samples[:, None, :] - target.centres) ** 2).sum(axis=2)
    nearest = squared.argmin(axis=1)
    good = squared.min(axis=1) <= (NEAR * target.sd) ** 2
    count = int(target.modes.max()) + 1
    shares = np.bincount(target.modes[nearest], minlength=count) / len(samples)
    hit = shares[shares > 0]
    captured = len(np.unique(target.modes[nearest[good]]))
    return Coverage(captured, float(good.mean()), float((hit * np.log(hit * count)).sum()))


def wasserstein2(points: np.ndarray, other: np.ndarray) -> float:
    """Compute the exact 2-Wasserstein distance between two sets of points, (N, 2) and (M, 2), each of equal weights."""
    import ot  # imports every array library that it finds

    return math.sqrt(max(ot.emd2([], [], ot.dist(points, other), numItermax=1_000_000), 0.0))

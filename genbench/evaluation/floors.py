"""Real images against real ones, at the numbers of images of an evaluation: what a perfect model would score.

FID is biased upwards. For Gaussian features whose covariance has the eigenvalues λ, the mean of N of them differs from
that of M by tr Σ (1/N + 1/M) in expected square. The covariances differ by δ with E δᵢⱼ² = λᵢλⱼ (1/N + 1/M), twice that
where i = j, and to first order their distance is ½ Σᵢⱼ δᵢⱼ² / (λᵢ + λⱼ) (Bhatia, Jain, Lim, "On the Bures–Wasserstein
distance between positive definite matrices", 2019). Together

    bias = (5/4 Σᵢ λᵢ + ½ Σᵢⱼ λᵢλⱼ / (λᵢ + λⱼ)) (1/N + 1/M),

which is D(D + 5)/4 · (1/N + 1/M) for standard Gaussians. It says too little of few images: 0.6 to 0.7 of the bias of
Gaussian features where N = D, a half where N = D/2.

So random disjoint sets of the real images are preferred where there are enough: N·s and M·s of them, s = N / (N + M),
or halves where M is above N. The bias falls as 1/N, and so does the deviation of KID, which has no bias; with the ratio
of 1/N + 1/M their values are those at N and M (FID of Gaussian features within 10 % from N = 2 D on). For KID smaller
sets do.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from genbench.data.features import Features
from genbench.find import find
from genbench.metrics.fid import ROOM
from genbench.metrics.numerics.gaussians import gaussian
from genbench.seeding import numpy_rng

RESPLITS = 5
LEAST = 10  # images of a set of a resplit
MOST = {"kid": 4000}  # images of both sets, for KID's time grows with the square of them


@dataclass(frozen=True)
class Floor:
    """Score of real images against real ones, and its standard deviation over `resplits`; 0 of these: closed form."""

    value: float
    sd: float | None = None
    resplits: int = 0


def floor(metric: str, *, real: Features, fake: Features, stands_in: bool, seed: int) -> Floor | None:
    """Give the floor of a metric at these numbers of images, None of one that has none here.

    stands_in: the real features stand in for the mean and covariance of `real.protocol.n` images, 0 where that is not
    known; it counts as endless then.
    """
    if metric == "kid":
        return _resplit("kid", real, len(fake), seed) if _enough("kid", len(real), len(fake)) else Floor(0.0)
    if metric != "fid":
        return None
    if not stands_in and len(real) >= ROOM * real.vectors.shape[1] and _enough("fid", len(real), len(fake)):
        return _resplit("fid", real, len(fake), seed)
    n = real.protocol.n if stands_in else len(real)
    fitted = gaussian(real.vectors)
    matrix = fitted.covariance if fitted.n > len(fitted.mean) else fitted.root @ fitted.root.T
    return Floor(bias(linalg.eigvalsh(matrix, check_finite=False), (1 / n if n else 0) + 1 / len(fake)))


def bias(variances: np.ndarray, share: float) -> float:
    """Compute the bias of a Fréchet distance from the eigenvalues (D,) of the covariance. share: 1/N + 1/M."""
    positive = variances[variances > 0]
    pairs = sum(float(np.sum(one * positive / (one + positive))) for one in positive)
    return float(1.25 * positive.sum() + pairs / 2) * share


def _sizes(metric: str, n: int, m: int) -> tuple[int, int]:
    """Split N images, or as many as the metric needs of them, as N to M, and where M is above N in halves."""
    total = min(n, MOST.get(metric, n))
    first = round(total * n / (n + min(m, n)))
    return first, total - first


def _enough(metric: str, n: int, m: int) -> bool:
    return min(_sizes(metric, n, m)) >= LEAST


def _resplit(metric: str, real: Features, m: int, seed: int) -> Floor:
    rng, (first, second) = numpy_rng(seed, f"floor {metric}"), _sizes(metric, len(real), m)
    scale = (1 / len(real) + 1 / m) / (1 / first + 1 / second)
    compute = find("metrics", metric).compute
    values = []
    for _ in range(RESPLITS):
        rows = rng.permutation(len(real))[: first + second]
        one, other = (Features(real.vectors[part]) for part in (rows[:first], rows[first:]))
        values.append(compute(real=one, fake=other)[metric] * scale)
    return Floor(statistics.fmean(values), statistics.stdev(values), RESPLITS)

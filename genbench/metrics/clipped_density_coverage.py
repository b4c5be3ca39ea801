"""Clipped density and clipped coverage: shares of good images, by balls that no outlier can make large.

Salvy, Talbot, Thirion, "Enhanced generative model evaluation with clipped density and coverage" (2026). The ball around
a real vector reaches its k-th nearest other real one, rim included; rᵢ is its radius and r̃ᵢ = min(rᵢ, median of r).

Density counts the cut balls that hold an image, k of them at most, relative to what real images get among themselves:

    clipped density = min(1, Σⱼ min(1, cⱼ / k) / M ÷ Σᵢ min(1, c′ᵢ / k) / N),

cⱼ the cut balls around real vectors that hold generated vector j, c′ᵢ those that hold real vector i, its own left out.

Coverage counts the generated vectors in each whole ball, k at most, and asks how many good images explain that:

    y = Σᵢ min(1, nᵢ / k) / N,   clipped coverage = min(1, m / M) with f(m) = y,   f(m) = E min(1, B / k),

nᵢ the generated vectors in ball i, and B beta-binomial: of m draws of the real distribution those in a ball whose
probability is Beta(k, N − k). f is interpolated between whole m; the authors' table rounds m up, and divides by M + 1.

Bad images far from the real ones lower both in proportion to their share. The standard errors are over the images that
are summed over, generated ones for density, real ones for coverage, the other set being held fixed.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.numerics.balls import balls_around, squared_median, squared_radii
from genbench.metrics.numerics.estimates import mean_and_error
from genbench.metrics.numerics.neighbours import between, require_k

COLUMNS = {
    "clipped_density": Column(
        label="clipped density",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Copies of real images score 1, and images crowded where real ones are dense make up for bad ones.",
        headline=False,
    ),
    "clipped_coverage": Column(
        label="clipped coverage",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Copies of real images score 1; cut at 1, so that its mean over draws of a perfect model is below 1.",
        headline=False,
    ),
    "clipped_density_se": Column(
        label="clipped density s.e.",
        better="none",
        low=0.0,
        fails="Leaves out the choice of real images.",
        headline=False,
    ),
    "clipped_coverage_se": Column(
        label="clipped coverage s.e.",
        better="none",
        low=0.0,
        fails="Leaves out the choice of generated images.",
        headline=False,
    ),
}
DEFAULTS = {"k": 5}


def compute(*, real: Features, fake: Features, k: int) -> dict[str, float]:
    """Compute both shares of `fake.vectors` (M, D) against `real.vectors` (N, D), 1 ≤ k < min(N, M).

    k = 5 in the paper, at 50,000 images.
    """
    require_k("clipped_density_coverage", k, real=real.vectors, fake=fake.vectors)
    density, density_se = _density(real.vectors, fake.vectors, k)
    held = between(real=real.vectors, fake=fake.vectors, k=k).in_real_ball[:, k - 1]
    covered, error = mean_and_error(np.minimum(held, k) / k)
    m = np.arange(2 * len(fake) + 1)  # beyond M, so that the error knows the slope there
    expected = expected_coverage(m, n=len(real), k=k)
    low, share, high = np.interp([covered - error, covered, covered + error], expected, m / len(fake))
    return {
        "clipped_density": min(1.0, density),
        "clipped_coverage": float(min(1.0, share)),
        "clipped_density_se": density_se,
        "clipped_coverage_se": float(high - low) / 2,
    }


def _density(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[float, float]:
    """Give the ratio of the two means, not yet cut at 1, and its standard error over the generated images."""
    squares = squared_radii(real, k=k)
    squares = np.minimum(squares, squared_median(squares))
    of_fake = balls_around(fake, centres=real, squares=squares)
    of_real = balls_around(real, centres=real, squares=squares) - 1
    ideal = np.minimum(of_real, k).mean() / k
    return mean_and_error(np.minimum(of_fake, k) / (k * ideal))


def expected_coverage(m: np.ndarray, *, n: int, k: int) -> np.ndarray:
    """Give f(m) for (P,) numbers m of images drawn from the real distribution, n real images, 1 ≤ k < n.

    f(m) = 1 − Σ_t (1 − t / k) P(B = t) over t < k,   P(B = t) = C(m, t) B(k + t, n − k + m − t) / B(k, n − k).
    """
    t = np.arange(k)
    least = np.maximum(m[:, None] - t, 0)
    binomial = -betaln(least + 1, t + 1) - np.log(least + t + 1)
    logs = binomial + betaln(k + t, n - k + least) - betaln(k, n - k)
    found = np.where(m[:, None] >= t, np.exp(logs), 0.0)
    expected: np.ndarray = 1 - found @ (1 - t / k)
    return expected

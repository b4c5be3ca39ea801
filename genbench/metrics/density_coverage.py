"""Density and coverage: precision and recall made robust to outliers, both from balls around real images alone.

Naeem et al., "Reliable fidelity and diversity metrics for generative models" (2020), equations 3 and 4. The ball around
a real vector reaches its k-th nearest neighbour among the real ones, rim included.

    density = (1 / kM) Σ_j #{real balls that hold generated vector j},   coverage = share of real balls that hold one.

Real against other real images gives density near 1 and coverage near 1 − 2⁻ᵏ at N = M.

The standard errors are over the choice of both sets. Density is a mean over all pairs of a ball and a generated image,
whose variance is estimated by the sum of those of its means over balls and over images (DeLong et al., "Comparing the
areas under two or more correlated receiver operating characteristic curves", 1988), and is at most that. For coverage,
generated images hold the balls that they lie in (:func:`genbench.metrics.numerics.estimates.held_share`). That a ball's
radius depends on other real images is left out.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.numerics.estimates import held_share, mean_and_error
from genbench.metrics.numerics.neighbours import between, require_k

COLUMNS = {
    "density": Column(
        label="density",
        better="higher",
        low=0.0,
        fails="Not bounded by 1: samples crowded where the real ones are dense score above real images.",
        headline=False,
    ),
    "coverage": Column(
        label="coverage",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Saturates with many generated images or a large k; what real images reach depends on both.",
        headline=False,
    ),
    "density_se": Column(
        label="density s.e.", better="none", low=0.0, fails="Takes the balls' radii for independent.", headline=False
    ),
    "coverage_se": Column(
        label="coverage s.e.", better="none", low=0.0, fails="Takes the balls' radii for independent.", headline=False
    ),
}
STANDARD = True
DEFAULTS = {"k": 5}


def compute(*, real: Features, fake: Features, k: int) -> dict[str, float]:
    """Compute density and coverage of `fake.vectors` (M, D) against `real.vectors` (N, D), 1 ≤ k < min(N, M).

    k = 5 in the paper, at 10,000 images.
    """
    require_k("density_coverage", k, real=real.vectors, fake=fake.vectors)
    near = between(real=real.vectors, fake=fake.vectors, k=k)
    of_fake = mean_and_error(near.around_fake[:, k - 1] / k)
    of_real = mean_and_error(near.in_real_ball[:, k - 1] * (len(real) / (k * len(fake))))
    coverage, coverage_se = held_share(near.in_real_ball[:, k - 1] > 0, near.only_fake_in_ball[:, k - 1])
    return {
        "density": of_fake.value,
        "coverage": coverage,
        "density_se": float(np.hypot(of_fake.error, of_real.error)),
        "coverage_se": coverage_se,
    }

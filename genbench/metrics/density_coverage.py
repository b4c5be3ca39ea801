"""Density and coverage: precision and recall made robust to outliers, both from balls around real images alone.

Naeem et al., "Reliable fidelity and diversity metrics for generative models" (2020), equations 3 and 4. The ball around
a real vector reaches its k-th nearest neighbour among the real ones, rim included.

    density = (1 / kM) Σ_j #{real balls that hold generated vector j},   coverage = share of real balls that hold one.

Real against other real images gives density near 1 and coverage near 1 − 2⁻ᵏ at N = M. The standard errors are over the
images that are summed over, the other set being held fixed.
"""

from __future__ import annotations

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.numerics.estimates import mean_and_error
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
        label="density s.e.", better="none", low=0.0, fails="Leaves out the choice of real images.", headline=False
    ),
    "coverage_se": Column(
        label="coverage s.e.",
        better="none",
        low=0.0,
        fails="Leaves out the choice of generated images.",
        headline=False,
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
    density, density_se = mean_and_error(near.around_fake[:, k - 1] / k)
    coverage, coverage_se = mean_and_error(near.in_real_ball[:, k - 1] > 0)
    return {"density": density, "coverage": coverage, "density_se": density_se, "coverage_se": coverage_se}

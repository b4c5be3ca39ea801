"""Sliced Wasserstein distance: transport between the two sets, seen along random directions.

    SW² = E_θ ∫₀¹ (F_θ⁻¹(q) − G_θ⁻¹(q))² dq,   θ uniform on the sphere,

F_θ and G_θ the distributions of ⟨x, θ⟩ over real and generated images (Rabin et al., "Wasserstein barycenter and its
application to texture mixing", 2011). The value is √SW², in the units of the features; like FID it is above 0
between equal distributions. The standard error is over directions and images
(:mod:`genbench.metrics.numerics.sliced`).
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import Column
from genbench.metrics.numerics.sliced import squared_transport

COLUMNS = {
    "sliced_wasserstein": Column(
        label="sliced W2",
        better="lower",
        low=0.0,
        fails="In many dimensions nearly every direction sees a Gaussian: it is then a distance of variances.",
        headline=False,
    ),
    "sliced_wasserstein_se": Column(
        label="sliced W2 s.e.", better="none", low=0.0, fails="Too large between equal distributions.", headline=False
    ),
}
DEFAULTS = {"projections": 1000}


def compute(*, real: Features, fake: Features, rng: np.random.Generator, projections: int) -> dict[str, float]:
    """Compute `sliced_wasserstein` of `real.vectors` (N, D) and `fake.vectors` (M, D), along `projections` ≥ 2."""
    if projections < 2:
        raise InputError(f"sliced_wasserstein: expected at least 2 projections, got {projections}")
    square, error = squared_transport(real.vectors, fake.vectors, projections=projections, rng=rng)
    distance = np.sqrt(square)
    return {
        "sliced_wasserstein": float(distance),
        "sliced_wasserstein_se": float(error / (2 * distance)) if distance > 0 else 0.0,
    }

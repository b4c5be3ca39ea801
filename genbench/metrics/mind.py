"""Monge inception distance (MIND): squared transport along random directions, times three for each dimension.

    MIND = 3 D · E_θ ∫₀¹ (F_θ⁻¹(q) − G_θ⁻¹(q))² dq,   θ uniform on the sphere of D dimensions,

F_θ and G_θ the distributions of ⟨x, θ⟩ over real and generated images: 3 D times the squared sliced Wasserstein
distance. Berthet et al., "MIND: Monge inception distance for generative models evaluation" (2026); the factor is that
of torch-fidelity, metric_mind.py, which takes 1,000 directions. Under it a shift by δ has 3 ‖δ‖², where FID has ‖δ‖².
Unequal numbers of images are matched by their quantiles; torch-fidelity leaves a random part of the larger set out.
The standard error is over directions and images (:mod:`genbench.metrics.numerics.sliced`).
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import Column
from genbench.metrics.numerics.sliced import squared_transport

FACTOR = 3.0  # by which torch-fidelity multiplies the dimensions

COLUMNS = {
    "mind": Column(
        label="MIND",
        better="lower",
        low=0.0,
        fails="Above 0 between equal distributions, more so with few images; in many dimensions it sees little "
        "beyond means and variances.",
        headline=False,
    ),
    "mind_se": Column(
        label="MIND s.e.", better="none", low=0.0, fails="Too large between equal distributions.", headline=False
    ),
}
DEFAULTS = {"projections": 1000}


def compute(*, real: Features, fake: Features, rng: np.random.Generator, projections: int) -> dict[str, float]:
    """Compute `mind` of `real.vectors` (N, D) and `fake.vectors` (M, D) along `projections` ≥ 2 random directions.

    In squared units of the features. torch-fidelity takes 1,000 directions.
    """
    if projections < 2:
        raise InputError(f"mind: expected at least 2 projections, got {projections}")
    square, error = squared_transport(real.vectors, fake.vectors, projections=projections, rng=rng)
    scale = FACTOR * real.vectors.shape[1]
    return {"mind": scale * square, "mind_se": scale * error}

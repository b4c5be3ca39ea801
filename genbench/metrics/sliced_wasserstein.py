"""Sliced Wasserstein distance: transport between the two sets, seen along random directions.

    SW² = E_θ ∫₀¹ (F_θ⁻¹(q) − G_θ⁻¹(q))² dq,   θ uniform on the sphere,

F_θ and G_θ the distributions of ⟨x, θ⟩ over real and generated images (Rabin et al., "Wasserstein barycenter and its
application to texture mixing", 2011). The value is √SW², in the units of the features. The standard error is that of
the random directions; images enter with their bias: like FID it is above 0 between equal distributions.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import Column
from genbench.metrics.numerics.estimates import mean_and_error

CHUNK = 64  # directions at a time, so that memory does not grow with them

COLUMNS = {
    "sliced_wasserstein": Column(
        label="sliced W2",
        better="lower",
        low=0.0,
        fails="In many dimensions nearly every direction sees a Gaussian: it is then a distance of variances.",
        headline=False,
    ),
    "sliced_wasserstein_se": Column(
        label="sliced W2 s.e.", better="none", low=0.0, fails="Of the directions, not of the images.", headline=False
    ),
}
DEFAULTS = {"projections": 1000}


def compute(*, real: Features, fake: Features, rng: np.random.Generator, projections: int) -> dict[str, float]:
    """Compute `sliced_wasserstein` of `real.vectors` (N, D) and `fake.vectors` (M, D), along `projections` ≥ 2."""
    if projections < 2:
        raise InputError(f"sliced_wasserstein: expected at least 2 projections, got {projections}")
    directions = rng.normal(size=(projections, real.vectors.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    squares = [
        _squared_distances(*(np.sort(side.vectors @ part.T, axis=0) for side in (real, fake)))
        for part in np.array_split(directions, -(-projections // CHUNK))
    ]
    square, error = mean_and_error(np.concatenate(squares))
    distance = np.sqrt(square)
    return {
        "sliced_wasserstein": float(distance),
        "sliced_wasserstein_se": float(error / (2 * distance)) if distance > 0 else 0.0,
    }


def _squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Compute (P,) squared 2-Wasserstein distances between columns of sorted (N, P) and (M, P) values."""
    n, m = len(x), len(y)
    # Between two neighbouring steps of either distribution function, in units of 1 / NM, both quantiles are constant.
    steps = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    widths = np.diff(steps) / (n * m)
    difference = x[steps[:-1] // m] - y[steps[:-1] // n]
    squares: np.ndarray = widths @ (difference * difference)
    return squares

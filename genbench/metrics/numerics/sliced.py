"""Transport along random directions: what the sliced Wasserstein distance and MIND are means of.

Along a direction θ the squared 2-Wasserstein distance is

    W² = ∫₀¹ (F⁻¹(q) − G⁻¹(q))² dq,

F and G the distributions of ⟨x, θ⟩ over real and generated images; the sorted ones are matched in order. The derivative
of W² by the weight of an image is its Kantorovich potential, φ′(x) = 2 (x − T(x)), T(x) what x is matched with
(del Barrio, Loubes, "Central limit theorems for empirical transportation cost in general dimension", 2019): its
spread over images, averaged over directions, gives the standard error of the mean of W² over draws of both sets.
"""

from __future__ import annotations

import numpy as np

from genbench.metrics.numerics.estimates import Estimate, mean_and_error

CHUNK = 64  # directions at a time, so that memory does not grow with them


def squared_transport(real: np.ndarray, fake: np.ndarray, *, projections: int, rng: np.random.Generator) -> Estimate:
    """Estimate the mean of W² over directions θ, uniform on the sphere, of (N, D) and (M, D) vectors; exact for N ≠ M.

    projections: directions that are drawn, at least 2. In squared units of the vectors. The error is over directions
    and the images of both sets; between equal distributions it is a little too large, as those of degenerate
    statistics are.
    """
    directions = rng.normal(size=(projections, real.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    squares, potentials = [], [np.zeros(len(side)) for side in (real, fake)]
    for part in np.array_split(directions, -(-projections // CHUNK)):
        along = [side @ part.T for side in (real, fake)]
        orders = [side.argsort(axis=0) for side in along]
        x, y = (np.take_along_axis(side, order, axis=0) for side, order in zip(along, orders, strict=True))
        found, *moved = _transports(x, y)
        squares.append(found)
        for total, order, shifts, values in zip(potentials, orders, moved, (x, y), strict=True):
            total += np.bincount(order.ravel(), _potentials(values, shifts).ravel(), len(total))
    value, error = mean_and_error(np.concatenate(squares))
    of_images = [mean_and_error(total / projections).error for total in potentials]
    return Estimate(value, float(np.linalg.norm([error, *of_images])))


def _transports(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give W² between columns of sorted (N, P) and (M, P) values, and (N, P) x − T(x) and (M, P) y − T(y)."""
    n, m = len(x), len(y)
    # Between two neighbouring steps of either distribution function, in units of 1 / NM, both quantiles are constant.
    steps = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    widths = np.diff(steps) / (n * m)
    difference = x[steps[:-1] // m] - y[steps[:-1] // n]
    squares: np.ndarray = widths @ (difference * difference)
    weighted = widths[:, None] * difference
    of_x = n * np.add.reduceat(weighted, np.searchsorted(steps, np.arange(n) * m), axis=0)
    of_y = -m * np.add.reduceat(weighted, np.searchsorted(steps, np.arange(m) * n), axis=0)
    return squares, of_x, of_y


def _potentials(values: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Integrate φ′ = 2 (x − T(x)) along sorted (N, P) values, from 0 at the smallest."""
    potentials = np.zeros(shifts.shape)
    np.cumsum(np.diff(values, axis=0) * (shifts[1:] + shifts[:-1]), axis=0, out=potentials[1:])
    return potentials

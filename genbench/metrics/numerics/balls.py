"""Balls of any radius around real vectors: the count of those that hold each vector, and how deep in one it lies.

:mod:`genbench.metrics.numerics.neighbours` counts in balls that reach exactly a k-th neighbour, in the same pass as
everything else. What is here needs radii that are cut, or a ratio of distance and radius. Pairs are compared by their
bounds first and by exact float64 distances where the bounds leave a question open
(:mod:`genbench.metrics.numerics.pairs`); a vector on the rim of a ball is inside.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from genbench.errors import InputError
from genbench.metrics.numerics.backend import all_pairs
from genbench.metrics.numerics.neighbours import SPARSE, within
from genbench.metrics.numerics.pairs import Block, Candidates, Pairs, slices

GROUP = 128  # balls of nearly the same radius that are compared with many vectors at once


def squared_radii(real: np.ndarray, *, k: int) -> np.ndarray:
    """Give the (N,) squared distances of (N, D) vectors to their k-th nearest others, 1 ≤ k < N."""
    radii: np.ndarray = within(real, k=k).nearest[:, k - 1]
    return radii


def squared_median(squares: np.ndarray) -> float:
    """Give the square of the median of √squares, exact where the middle ones are equal."""
    ordered = np.sort(squares)
    low, high = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return low if low == high else ((np.sqrt(low) + np.sqrt(high)) / 2) ** 2


def balls_around(points: np.ndarray, *, centres: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Count the balls that hold each point.

    points: (M, D). centres: (N, D). squares: (N,) squared radii. Gives (M,) whole numbers from 0 to N.
    """
    pairs = all_pairs(centres, points)
    limits = squares / pairs.unit**2
    counts = np.zeros(len(points), np.int64)
    for at in pairs.slices(len(centres)):
        for to in pairs.slices(len(points)):
            nowhere = np.full(to.stop - to.start, -np.inf)
            for low in _bounds(pairs, at, to):
                found = pairs.candidates(low, at, to, limits[at], nowhere)
                unclear = found.high > limits[found.i]
                if _sparse(int(unclear.sum()), at, to):
                    break
            inside = ~unclear
            inside[unclear] = pairs.exact(found.i[unclear], found.j[unclear]) <= limits[found.i[unclear]]
            counts += np.bincount(found.j[inside], minlength=len(points))
    return counts


def realism(fake: np.ndarray, *, real: np.ndarray, k: int) -> np.ndarray:
    """Score each generated vector by the ball in which it lies deepest (Kynkäänniemi et al. 2019, equation 3).

    R(y) = max over i of rᵢ / ‖y − xᵢ‖, rᵢ the distance of the real vector xᵢ to its k-th nearest other one. The half of
    the balls with the largest radii takes no part, so that an outlier makes nothing look real, nor do balls of radius
    0. R is at least 1 inside a ball and infinite for a copy of its centre.

    fake: (M, D). real: (N, D), 1 ≤ k < N. Gives (M,) numbers above 0; InputError where all of that half have radius 0.
    """
    squares = squared_radii(real, k=k)
    kept = np.flatnonzero((squares > 0) & (squares <= squared_median(squares)))
    if not len(kept):
        raise InputError(f"realism: half of the {len(real)} real images have {k} exact copies or more")
    kept = kept[np.argsort(squares[kept], kind="stable")]
    pairs = all_pairs(real[kept], fake)
    limits = squares[kept] / pairs.unit**2
    least = np.full(len(fake), np.inf)  # of (‖y − xᵢ‖ / rᵢ)²
    for at in slices(len(kept), GROUP):
        for to in pairs.slices(len(fake)):
            found = _deepest(pairs, at, to, limits[at], least[to])
            np.minimum.at(least, found.j, pairs.exact(found.i, found.j) / limits[found.i])
    with np.errstate(divide="ignore"):
        return 1 / np.sqrt(least)


def _deepest(pairs: Pairs, at: slice, to: slice, limits: np.ndarray, least: np.ndarray) -> Candidates:
    """Find the pairs of a block, its squared radii ascending, whose ratio may be below `least` of their column."""
    nowhere = np.full(at.stop - at.start, -np.inf)
    for low in _bounds(pairs, at, to):
        ratios = np.minimum(least, pairs.column_upper_bounds(low, at, to) / limits[0])
        found = pairs.candidates(low, at, to, nowhere, ratios * limits[-1])
        if _sparse(len(found.i), at, to):
            break
    return found


def _bounds(pairs: Pairs, at: slice, to: slice) -> Iterator[Block]:
    """Give the lower bounds of a block, then sharper ones for a caller that needs them."""
    for precise in (False, True):
        yield pairs.lower_bounds(pairs.product(at, to, precise=precise), at, to)


def _sparse(count: int, at: slice, to: slice) -> bool:
    return count <= (at.stop - at.start) * (to.stop - to.start) // SPARSE

"""Nearest neighbours within one set of vectors and between two: what precision, coverage, KID and their like count.

Every pair is looked at once, block by block (:mod:`genbench.metrics.numerics.pairs`), and everything that those metrics
need is taken from it: the k nearest, the balls around each point that reach its k-th nearest, for every k at once, and
the sums of the polynomial kernel. Results are kept for the sets seen last, so that metrics that follow each other share
one pass; they are kept by content, so that an array that was changed since is a new set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from genbench.errors import InputError
from genbench.metrics.numerics.backend import all_pairs, device_of_pairs
from genbench.metrics.numerics.pairs import Block, Pairs, Rows

DEPTH = 5  # neighbours kept at least, so that metrics with different k share a pass
SPARSE = 64  # a block with more than one undecided pair in so many is looked at again in float64


@dataclass(frozen=True)
class Within:
    """Neighbours within one set; no vector is its own neighbour, an equal row is one at distance 0.

    nearest: (N, K) squared distances to the nearest others, ascending.
    kernel: (N,) sums of (⟨x, y⟩ / D + 1)³ over the others.
    """

    nearest: np.ndarray
    kernel: np.ndarray


@dataclass(frozen=True)
class Between:
    """Neighbours between N real and M generated vectors. Column k − 1 is about balls that reach the k-th neighbour.

    in_real_ball: (N, K) number of generated vectors in the ball around each real one.
    around_fake: (M, K) number of those balls that hold each generated vector.
    in_fake_ball: (M, K) and around_real: (N, K) the same with the balls around the generated vectors.
    only_in_real_ball: (N, K) number of generated vectors that the ball around each real one holds and no other does.
    only_in_fake_ball: (M, K) the same with the balls around the generated vectors.
    only_fake_in_ball: (M, K) number of balls around real vectors that hold each generated one and no other.
    nearest_fake: (N,) squared distance of each real vector to the nearest generated one.
    nearest_real: (M,) the reverse.
    kernel_of_real: (N,) and kernel_of_fake: (M,) sums of (⟨x, y⟩ / D + 1)³ over the other set.
    """

    in_real_ball: np.ndarray
    around_fake: np.ndarray
    in_fake_ball: np.ndarray
    around_real: np.ndarray
    only_in_real_ball: np.ndarray
    only_in_fake_ball: np.ndarray
    only_fake_in_ball: np.ndarray
    nearest_fake: np.ndarray
    nearest_real: np.ndarray
    kernel_of_real: np.ndarray
    kernel_of_fake: np.ndarray


@dataclass(frozen=True)
class Nearest:
    """The K vectors of a set that are nearest to each of M points, ascending; an equal vector is one at distance 0.

    places: (M, K) their indices, −1 where the set has fewer. distances: (M, K) squared distances, infinite there.
    """

    places: np.ndarray
    distances: np.ndarray


def require_k(metric: str, k: int, *, real: np.ndarray, fake: np.ndarray) -> None:
    """Refuse a k for which one of the two sets has too few vectors."""
    most = min(len(real), len(fake)) - 1
    if not 1 <= k <= most:
        raise InputError(
            f"{metric}: expected k from 1 to {most} ({len(real)} real and {len(fake)} generated images), got {k}"
        )


def within(vectors: np.ndarray, *, k: int = 1, device: str | None = None) -> Within:
    """Find the neighbours within (N, D) vectors, 1 ≤ k < N; K is at least k.

    device: see :func:`genbench.metrics.numerics.backend.all_pairs`.
    """
    rows = Rows.of(vectors)
    found = _within(rows, _depth(k, len(vectors)), device or device_of_pairs(vectors, vectors))
    return Within(found.nearest[rows.inverse], found.kernel[rows.inverse])


def between(*, real: np.ndarray, fake: np.ndarray, k: int = 1, device: str | None = None) -> Between:
    """Find the neighbours between (N, D) real and (M, D) generated vectors, 1 ≤ k < min(N, M); K is at least k."""
    depths = _depth(k, len(real)), _depth(k, len(fake))
    return _between(Rows.of(real), Rows.of(fake), *depths, device or device_of_pairs(real, fake))


def nearest(points: np.ndarray, *, among: np.ndarray, k: int = 1, device: str | None = None) -> Nearest:
    """Find the k of (N, D) vectors that are nearest to each of (M, D) points.

    Of equal vectors the first stands for all. Where only this is asked, it costs a fraction of :func:`between`, which
    also looks at the pairs within both sets. device: see :func:`genbench.metrics.numerics.backend.all_pairs`.
    """
    asked, rows = Rows.of(points), Rows.of(among)
    pairs = all_pairs(asked.vectors, rows.vectors, device)
    found = _Nearest(len(asked), k)
    for at in pairs.slices(len(asked)):
        for to in pairs.slices(len(rows)):
            _update_nearest(pairs, found, rows.counts, at, to)
    first = np.append(np.unique(rows.inverse, return_index=True)[1], -1)  # the last is of those that are not there
    return Nearest(first[found.owners[asked.inverse]], found.distances[asked.inverse] * pairs.unit**2)


def _depth(k: int, n: int) -> int:
    return min(max(k, DEPTH), n - 1)


@lru_cache(maxsize=4)
def _within(rows: Rows, depth: int, device: str) -> Within:
    """Compute :class:`Within` of the distinct rows, each standing for one of its copies."""
    pairs = all_pairs(rows.vectors, rows.vectors, device)
    nearest = _Nearest(len(rows), depth)
    every = np.arange(len(rows))
    nearest.update(every, every, np.zeros(len(rows)), rows.counts - 1)
    copies = rows.counts.astype(np.float64)
    kernel, several = np.zeros(len(rows)), rows.counts > 1
    own = np.square(rows.vectors[several], dtype=np.float64).mean(axis=1) + 1
    kernel[several] = (copies[several] - 1) * own**3
    blocks = pairs.slices(len(rows))
    # The diagonal comes first: after it every row has a radius, which few of the others come within.
    for at, to in [(at, at) for at in blocks] + list(combinations(blocks, 2)):
        product = pairs.product(at, to)
        sums, back = pairs.kernel_sums(product, at, to, copies[at], copies[to])
        kernel[at] += sums
        if at == to:
            kernel[at] -= copies[at] * pairs.kernel_diagonal(product, at)
        else:
            kernel[to] += back
        _update_within(pairs, nearest, rows.counts, product, at, to)
    return Within(nearest.distances * pairs.unit**2, kernel)


def _update_within(pairs: Pairs, nearest: _Nearest, counts: np.ndarray, product: Block, at: slice, to: slice) -> None:
    """Update the nearest neighbours of both blocks of a pair of blocks of one set."""
    for precise in (False, True):
        low = pairs.lower_bounds(pairs.product(at, to, precise=True) if precise else product, at, to)
        limits, column_limits = nearest.radii[at], nearest.radii[to]
        if at == to:
            low = pairs.without_diagonal(low)
            limits = np.minimum(limits, pairs.row_upper_bounds(low, at, to, nearest.k))
            column_limits = np.full(len(column_limits), -np.inf)
        found = pairs.candidates(low, at, to, limits, column_limits)
        if len(found.i) <= len(limits) * len(column_limits) // SPARSE:
            break
    distances = pairs.exact(found.i, found.j)
    nearest.update(found.i, found.j, distances, counts[found.j])
    if at != to:
        nearest.update(found.j, found.i, distances, counts[found.i])


def _update_nearest(pairs: Pairs, nearest: _Nearest, counts: np.ndarray, at: slice, to: slice) -> None:
    """Update the nearest neighbours of the rows of a block."""
    none = np.full(to.stop - to.start, -np.inf)
    for precise in (False, True):
        low = pairs.lower_bounds(pairs.product(at, to, precise=precise), at, to)
        limits = np.minimum(nearest.radii[at], pairs.row_upper_bounds(low, at, to, nearest.k))
        found = pairs.candidates(low, at, to, limits, none)
        if len(found.i) <= len(limits) * len(none) // SPARSE:
            break
    nearest.update(found.i, found.j, pairs.exact(found.i, found.j), counts[found.j])


@lru_cache(maxsize=2)
def _between(real: Rows, fake: Rows, depth_real: int, depth_fake: int, device: str) -> Between:
    pairs = all_pairs(real.vectors, fake.vectors, device)
    own = (_within(real, depth_real, device), _within(fake, depth_fake, device))
    radii_real, radii_fake = (side.nearest / pairs.unit**2 for side in own)
    of_real, of_fake = _Side(real, radii_real, radii_fake), _Side(fake, radii_fake, radii_real)
    for at in pairs.slices(len(real)):
        for to in pairs.slices(len(fake)):
            product = pairs.product(at, to)
            sums, back = pairs.kernel_sums(product, at, to, real.counts[at] * 1.0, fake.counts[to] * 1.0)
            of_real.kernel[at] += sums
            of_fake.kernel[to] += back
            _update_between(pairs, of_real, of_fake, product, at, to)
    return Between(
        in_real_ball=of_real.in_ball(),
        around_fake=of_fake.around(),
        in_fake_ball=of_fake.in_ball(),
        around_real=of_real.around(),
        only_in_real_ball=of_fake.only_around(real),
        only_in_fake_ball=of_real.only_around(fake),
        only_fake_in_ball=of_real.only_in_ball(fake),
        nearest_fake=of_real.nearest.distances[real.inverse, 0] * pairs.unit**2,
        nearest_real=of_fake.nearest.distances[fake.inverse, 0] * pairs.unit**2,
        kernel_of_real=of_real.kernel[real.inverse],
        kernel_of_fake=of_fake.kernel[fake.inverse],
    )


def _update_between(pairs: Pairs, real: _Side, fake: _Side, product: Block, at: slice, to: slice) -> None:
    """Count the pairs of a block on both sides: which point is in which ball, which is nearest."""
    for precise in (False, True):
        low = pairs.lower_bounds(pairs.product(at, to, precise=True) if precise else product, at, to)
        limits = np.minimum(real.nearest.radii[at], pairs.row_upper_bounds(low, at, to, 1))
        column_limits = np.minimum(fake.nearest.radii[to], pairs.column_upper_bounds(low, at, to))
        balls, column_balls = real.radii[at, -1], fake.radii[to, -1]
        found = pairs.candidates(low, at, to, np.maximum(limits, balls), np.maximum(column_limits, column_balls))
        close = (found.low <= limits[found.i - at.start]) | (found.low <= column_limits[found.j - to.start])
        unclear = close | real.unclear(found.i, found.low, found.high) | fake.unclear(found.j, found.low, found.high)
        if np.count_nonzero(unclear) <= len(limits) * len(column_limits) // SPARSE:
            break
    distances = found.low.copy()
    distances[unclear] = pairs.exact(found.i[unclear], found.j[unclear])
    ranks, ranks_back = real.rank(found.i, distances), fake.rank(found.j, distances)
    real.count(found.i, found.j, fake.rows.counts[found.j], ranks, ranks_back)
    fake.count(found.j, found.i, real.rows.counts[found.i], ranks_back, ranks)
    i, j, distances = found.i[close], found.j[close], distances[close]
    real.nearest.update(i, j, distances, fake.rows.counts[j])
    fake.nearest.update(j, i, distances, real.rows.counts[i])


class _Side:
    """Counts and nearest neighbours of the points of one set, filled in block by block of the other."""

    def __init__(self, rows: Rows, radii: np.ndarray, radii_of_other: np.ndarray) -> None:
        self.rows, self.radii = rows, radii
        self.nearest = _Nearest(len(rows), 1)
        self.kernel = np.zeros(len(rows))
        self._in_ball = _Counts(len(rows), radii.shape[1])
        self._around = _Counts(len(rows), radii_of_other.shape[1])

    def rank(self, points: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """Count the neighbours nearer than a distance: the ball that reaches the k-th holds it if fewer than k."""
        return np.count_nonzero(self.radii[points] < distances[:, None], axis=1)

    def unclear(self, points: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Tell whether the bounds of a distance leave its rank open."""
        return self.rank(points, low) != self.rank(points, high)

    def count(
        self,
        points: np.ndarray,
        others: np.ndarray,
        copies: np.ndarray,
        ranks: np.ndarray,
        ranks_of_other: np.ndarray,
    ) -> None:
        self._in_ball.add(points, ranks, others, copies)
        self._around.add(points, ranks_of_other, others, copies)

    def in_ball(self) -> np.ndarray:
        return self._in_ball.numbers()[self.rows.inverse]

    def around(self) -> np.ndarray:
        return self._around.numbers()[self.rows.inverse]

    def only_in_ball(self, others: Rows) -> np.ndarray:
        """Count for each vector of the other set the balls around points that hold no other of that set."""
        return self._in_ball.only(self.rows.counts, len(others))[others.inverse]

    def only_around(self, others: Rows) -> np.ndarray:
        """Count for each vector of the other set the points that its ball holds and no other ball does."""
        return self._around.only(self.rows.counts, len(others))[others.inverse]


class _Counts:
    """Numbers of the other set's vectors that belong to each point, by rank, and the sums of their rows' numbers."""

    def __init__(self, points: int, ranks: int) -> None:
        self._numbers, self._rows = np.zeros((2, points, ranks + 1), np.int64)

    def add(self, points: np.ndarray, ranks: np.ndarray, others: np.ndarray, copies: np.ndarray) -> None:
        np.add.at(self._numbers, (points, ranks), copies)
        np.add.at(self._rows, (points, ranks), others)

    def numbers(self) -> np.ndarray:
        """(points, ranks) numbers up to each rank."""
        return self._numbers[:, :-1].cumsum(axis=1)

    def only(self, copies: np.ndarray, others: int) -> np.ndarray:
        """(others, ranks) numbers of points to which no other vector belongs; a point's sum is then that one's row."""
        points, ranks = np.nonzero(self.numbers() == 1)
        owners = self._rows[:, :-1].cumsum(axis=1)[points, ranks]
        found = np.zeros((others, self._rows.shape[1] - 1), np.int64)
        np.add.at(found, (owners, ranks), copies[points])
        return found


class _Nearest:
    """The k smallest squared distances seen so far from each of n points, ascending, and their owners."""

    def __init__(self, n: int, k: int) -> None:
        self.k = k
        self.distances = np.full((n, k), np.inf)
        self.owners = np.full((n, k), -1)

    @property
    def radii(self) -> np.ndarray:
        """(n,) squared distances of the k-th nearest so far; only a nearer neighbour matters."""
        return self.distances[:, -1]

    def update(self, points: np.ndarray, owners: np.ndarray, distances: np.ndarray, copies: np.ndarray) -> None:
        """Take in a neighbour of each point, which occurs `copies` times; a pair is given once at most."""
        useful = np.where(distances < self.radii[points], np.minimum(copies, self.k), 0)
        points, owners, distances = (np.repeat(values, useful) for values in (points, owners, distances))
        touched, group = np.unique(points, return_inverse=True)
        group = np.concatenate([np.repeat(np.arange(len(touched)), self.k), group])
        owners = np.concatenate([self.owners[touched].ravel(), owners])
        distances = np.concatenate([self.distances[touched].ravel(), distances])
        order = np.lexsort((owners, distances, group))
        group = group[order]
        best = order[np.arange(len(group)) - np.searchsorted(group, group) < self.k]
        self.distances[touched] = distances[best].reshape(-1, self.k)
        self.owners[touched] = owners[best].reshape(-1, self.k)

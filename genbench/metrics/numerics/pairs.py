"""Squared distances of all pairs between two sets of vectors: fast for all of them, exact for those that matter.

One single-precision matrix product gives −2 ⟨x − c, y − c⟩ for a block of pairs, and with it bounds on both sides:

    |‖x − y‖² − fl(‖x − c‖² + ‖y − c‖² − 2 ⟨x − c, y − c⟩)| ≤ (D + 16) u (‖x − c‖² + ‖y − c‖²),

u the unit roundoff: D u from the product, in whatever order it is summed (Higham, "Accuracy and stability of numerical
algorithms", 2002, section 3.1), the rest from rounding its input and the sum. What the bounds leave open, such as ties
and near copies, is settled by a sum of squared differences in float64: equal rows are at exactly 0 and equal distances
are equal, so that `<=` means what it says, whatever the block, the order of the rows or the machine.

Equal rows are kept once with their count: a generator that repeats itself costs less, not more.

The products and what is looked for in them are NumPy's here, torch's in :mod:`genbench.metrics.numerics.pairs_torch`;
exact distances are NumPy's in both, so that both find the same neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

SIDE = 1024  # rows and columns of a block: what is held at once does not grow with N
TILE = 128  # rows of a block whose kernel is computed at once, so that it stays in a core's cache
GATHER = 1 << 16  # numbers gathered at once for exact distances, for the same reason
TINY = 1e-30  # covers what float32 loses below its range

#: (rows, columns) numbers of a block of pairs, in the arrays that its `Pairs` compute with.
Block: TypeAlias = Any


@dataclass(frozen=True)
class Rows:
    """The distinct rows of a set. Two are equal, and hash alike, when the sets that they were made of are equal.

    vectors: (U, D). counts: (U,) how often each occurs. inverse: (N,) the distinct row of each row of the set.
    """

    key: bytes
    vectors: np.ndarray = field(compare=False)
    counts: np.ndarray = field(compare=False)
    inverse: np.ndarray = field(compare=False)

    @classmethod
    def of(cls, vectors: np.ndarray) -> Rows:
        """Find the distinct ones of (N, D) rows; the array is not copied where all of them differ."""
        digests = (sha256(row + 0).digest()[:8] for row in vectors)  # + 0: -0.0 is 0.0
        names = np.frombuffer(b"".join(digests), dtype=np.uint64)
        _, first, inverse, counts = np.unique(names, return_index=True, return_inverse=True, return_counts=True)
        key = f"{vectors.dtype} {vectors.shape} ".encode() + names.tobytes()
        if len(first) == len(vectors):
            return cls(key, vectors, np.ones(len(vectors), np.int64), np.arange(len(vectors)))
        return cls(key, vectors[first], counts, inverse)

    def __len__(self) -> int:
        return len(self.vectors)


@dataclass(frozen=True)
class Candidates:
    """Pairs (i, j) of a block that may lie within a limit, with bounds on their squared distances."""

    i: np.ndarray
    j: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Pairs:
    """Pairs of each row of `left` (N, D) with each row of `right` (M, D).

    Squared distances are in units of `unit`: (distance / unit)², a power of two that keeps float32 in its range.
    """

    def __init__(self, left: np.ndarray, right: np.ndarray) -> None:
        self.left, self.right = left, right
        self.centre = (left.mean(axis=0, dtype=np.float64) + right.mean(axis=0, dtype=np.float64)) / 2
        sides = [left] if right is left else [left, right]
        widest = max(float(np.abs(edge - self.centre).max()) for s in sides for edge in (s.max(axis=0), s.min(axis=0)))
        self.unit = 2.0 ** np.ceil(np.log2(widest * np.sqrt(len(self.centre)))) if widest > 0 else 1.0
        self._left = self._centred(left)
        self._right = self._left if right is left else self._centred(right)

    def _centred(self, vectors: np.ndarray) -> CentredRows:
        return CentredRows(vectors, self.centre, self.unit)

    def slices(self, n: int) -> list[slice]:
        """Cut 0 to n into nearly equal parts of at most a block's side."""
        return slices(n)

    def product(self, at: slice, to: slice, *, precise: bool = False) -> Block:
        """Give −2 ⟨x − c, y − c⟩ / unit², in float32, or in float64 where `precise`."""
        a, b = (s.precise(part) if precise else s.single[part] for s, part in ((self._left, at), (self._right, to)))
        return (-2 * a) @ b.T

    def kernel_sums(
        self, product: Block, at: slice, to: slice, copies: np.ndarray, copies_of_other: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sum (⟨x, y⟩ / D + 1)³ in float64: of each row over the columns, and of each column over the rows."""
        rows, columns = np.empty(len(product)), np.zeros(product.shape[1])
        for start in range(0, len(product), TILE):
            tile = slice(start, start + TILE)
            values = self._kernel(product[tile], self._left.along[at][tile, None], self._right.along[to])
            rows[tile] = values @ copies_of_other
            columns += copies[tile] @ values
        return rows, columns

    def kernel_diagonal(self, product: Block, at: slice) -> np.ndarray:
        """Give the part that each row's pair with itself has in the sums of a diagonal block."""
        return self._kernel(product.diagonal(), self._left.along[at], self._left.along[at])

    def _kernel(self, product: np.ndarray, along: np.ndarray, along_other: np.ndarray) -> np.ndarray:
        dimensions = len(self.centre)
        values = np.multiply(product, -0.5 * self.unit**2 / dimensions, dtype=np.float64)
        values += along / dimensions + 1
        values += along_other / dimensions
        values *= values * values
        return values

    def gaussian_sums(self, product: Block, at: slice, to: slice, sigma: float) -> tuple[np.ndarray, np.ndarray]:
        """Sum exp(−‖x − y‖² / 2σ²) of each row over the columns, and of each column over the rows."""
        values = np.maximum(self._left.norms[at, None] + self._right.norms[to] + product, 0)
        values *= -0.5 * (self.unit / sigma) ** 2
        if self.left is self.right and at == to:
            np.fill_diagonal(values, 0)
        np.exp(values, out=values)
        return values.sum(axis=1), values.sum(axis=0)

    def lower_bounds(self, product: Block, at: slice, to: slice) -> Block:
        """Update a product in place into lower bounds of the squared distances."""
        product += self._left.lower_share(at, product.dtype)[:, None]
        product += self._right.lower_share(to, product.dtype)
        return product

    def without_diagonal(self, low: Block) -> Block:
        """Mark in place the pairs of vectors with themselves as none, in the lower bounds of a diagonal block."""
        np.fill_diagonal(low, np.inf)
        return low

    def row_upper_bounds(self, low: Block, at: slice, to: slice, k: int) -> np.ndarray:
        """Bound from above each row's k-th smallest squared distance in a block; infinity where it has fewer than k."""
        if low.shape[1] < k:
            return np.full(len(low), np.inf)
        return self._smallest(low, k) + self._gap(low, self._left.norms[at], self._right.norms[to].max())

    def column_upper_bounds(self, low: Block, at: slice, to: slice) -> np.ndarray:
        """Bound from above each column's smallest squared distance in a block."""
        return self._smallest(low.T, 1) + self._gap(low, self._right.norms[to], self._left.norms[at].max())

    def candidates(
        self, low: Block, at: slice, to: slice, row_limits: np.ndarray, column_limits: np.ndarray
    ) -> Candidates:
        """Find the pairs of a block whose lower bound is within the limit of their row or of their column."""
        limits = (_rounded_up(limit, self._type(low)) for limit in (row_limits, column_limits))
        index, bound = self._pairs_within(low, *limits)
        i, j = np.divmod(index, low.shape[1])
        i, j = i + at.start, j + to.start
        return Candidates(i, j, bound, bound + self._gap(low, self._left.norms[i], self._right.norms[j]))

    def _smallest(self, low: Block, k: int) -> np.ndarray:
        """Give the k-th smallest number of each row, in float64."""
        values: np.ndarray = low.min(axis=1) if k == 1 else np.partition(low, k - 1, axis=1)[:, k - 1]
        return values.astype(np.float64)

    def _pairs_within(
        self, low: Block, row_limits: np.ndarray, column_limits: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give the indexes into the flat block of numbers within either limit, and the numbers in float64."""
        mask = low <= row_limits[:, None]
        mask |= low <= column_limits
        index = np.flatnonzero(mask)
        return index, low.ravel()[index].astype(np.float64)

    def _type(self, low: Block) -> np.dtype:
        kind: np.dtype = low.dtype
        return kind

    def exact(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Compute the squared distances of some pairs, as sums of squared differences in float64."""
        step = max(1, GATHER // len(self.centre))
        values = np.empty(len(i))
        for start in range(0, len(i), step):
            part = slice(start, start + step)
            difference = self.left[i[part]].astype(np.float64)
            difference -= self.right[j[part]]
            difference *= difference
            difference.sum(axis=1, out=values[part])
        values /= self.unit**2
        return values

    def _gap(self, low: Block, norms: np.ndarray, others: np.ndarray | float) -> np.ndarray:
        """Give the distance from the lower to the upper bound of some pairs."""
        return 2 * self._left.roundoff(self._type(low)) * (norms + others) + 2 * TINY


def slices(n: int, side: int | None = None) -> list[slice]:
    """Cut 0 to n into nearly equal parts of at most `side`, SIDE by default."""
    edges = np.linspace(0, n, -(-n // (side or SIDE)) + 1).astype(int)
    return [slice(int(start), int(stop)) for start, stop in pairwise(edges)]


class CentredRows:
    """One side of the pairs: x − c, over the unit, with ‖x − c‖² in the same unit and ⟨x, c⟩ − ‖c‖²/2."""

    def __init__(self, vectors: np.ndarray, centre: np.ndarray, unit: float) -> None:
        self.vectors, self.centre, self.unit = vectors, centre, unit
        self.single = np.empty(vectors.shape, np.float32)
        self.norms, self.along = np.empty(len(vectors)), np.empty(len(vectors))
        for part in slices(len(vectors)):
            rows = self.precise(part)
            self.single[part] = rows
            self.norms[part] = np.square(rows).sum(axis=1)
            self.along[part] = rows @ centre * unit + centre @ centre / 2

    def precise(self, part: slice) -> np.ndarray:
        rows: np.ndarray = self.vectors[part] - self.centre
        rows /= self.unit
        return rows

    def lower_share(self, part: slice, dtype: np.dtype) -> np.ndarray:
        """Give this side's share of the lower bounds."""
        share = (1 - self.roundoff(dtype)) * self.norms[part] - TINY / 2
        return share.astype(dtype)

    def roundoff(self, dtype: np.dtype) -> float:
        return (len(self.centre) + 16) * float(np.finfo(dtype).eps) / 2


def _rounded_up(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    # A lower bound of infinity marks pairs that are none: it is beyond every limit.
    return np.minimum(np.nextafter(values.astype(dtype), np.array(np.inf, dtype)), np.finfo(dtype).max)

"""Gaussians fitted to features, and the Fréchet distance between two of them.

Dowson, Landau (1982): the 2-Wasserstein distance between N(m₁, Σ₁) and N(m₂, Σ₂) is

    d² = ‖m₁ − m₂‖² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁ Σ₂)^½.

Σ₁ Σ₂ is not symmetric and its matrix square root is slow and fragile; neither is needed. With any roots Rᵢᵀ Rᵢ = Σᵢ,

    tr (Σ₁ Σ₂)^½ = Σⱼ √λⱼ(R₁ Σ₂ R₁ᵀ) = ‖R₁ R₂ᵀ‖_* (the sum of its singular values).

The middle form, R₁ a Cholesky factor, is fast; but rounding in Σ of size ε‖Σ‖ moves a √λ by up to √ε‖Σ‖, so that it is
kept only where a bound on its error says that it is good. The last form squares nothing and is right for singular
covariances: R is the triangular factor of the centred rows, or N − 1 rotated rows where there are no more than D; then
R₁ R₂ᵀ is small, and its singular values are the roots of the eigenvalues of its square, under the same bound.

Products and factorisations are those of an :class:`genbench.metrics.numerics.algebra.Algebra`: SciPy's, or torch's on a
GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg

from genbench.metrics.numerics.algebra import Algebra
from genbench.metrics.numerics.backend import algebra_for

ROWS = 8192  # rows taken to float64 at a time, so that memory does not grow with N
TOLERANCE = 1e-8  # largest estimated error of the fast form, relative to tr Σ₁ + tr Σ₂


@dataclass(frozen=True, eq=False)
class Gaussian:
    """The Gaussian with mean and covariance (divisor N − 1) of some rows, computed in float64 when first asked for.

    vectors: (N, D), of any floating type, N ≥ 2. Everything derived is kept, so that one reference serves many models.
    chosen: what computes it, None for what suits its size.
    """

    vectors: np.ndarray
    chosen: Algebra | None = None

    @cached_property
    def algebra(self) -> Algebra:
        return self.chosen or algebra_for(*self.vectors.shape)

    @property
    def n(self) -> int:
        return len(self.vectors)

    @cached_property
    def mean(self) -> np.ndarray:
        """Mean, (D,)."""
        mean: np.ndarray = self.vectors.mean(axis=0, dtype=np.float64)
        return mean

    @cached_property
    def covariance(self) -> np.ndarray:
        """Covariance, (D, D)."""
        return self.lower + np.tril(self.lower, -1).T

    @cached_property
    def lower(self) -> np.ndarray:
        """Covariance with zeros above its diagonal, which is all that its factors need: half the work."""
        total = self.algebra.gram(self._centred(), self.vectors.shape[1])
        total /= self.n - 1
        return total

    @cached_property
    def norm(self) -> float:
        """Frobenius norm of the covariance."""
        return float(np.sqrt(2 * np.sum(self.lower**2) - np.sum(self.lower.diagonal() ** 2)))

    @cached_property
    def trace(self) -> float:
        """Trace of the covariance, which is not formed for it where it is singular: it may never be needed."""
        if self.n > self.vectors.shape[1]:
            return float(np.trace(self.lower))
        return float(np.sum(np.square(self.root)))

    @cached_property
    def cholesky(self) -> np.ndarray | None:
        """Lower Cholesky factor (D, D) of the covariance, None where that is not positive definite."""
        return self.algebra.cholesky(self.lower)

    @cached_property
    def root(self) -> np.ndarray:
        """Root R, (min(N − 1, D), D), with RᵀR the covariance, found without squaring anything."""
        dimensions = self.vectors.shape[1]
        if self.n <= dimensions:
            factor = _without_mean(self.vectors - self.mean)
        else:
            factor = np.empty((0, dimensions))
            for rows in self._centred():
                factor = np.concatenate([factor, rows])
                if len(factor) > dimensions:
                    factor = self.algebra.triangle(factor)
        factor /= np.sqrt(self.n - 1)
        return factor

    def _centred(self) -> Iterator[np.ndarray]:
        for start in range(0, self.n, ROWS):
            yield self.vectors[start : start + ROWS] - self.mean


def gaussian(vectors: np.ndarray, algebra: Algebra | None = None) -> Gaussian:
    """Fit the Gaussian of (N, D) rows, N ≥ 2."""
    return Gaussian(vectors, algebra)


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Compute d² as above: symmetric, 0 for equal Gaussians up to rounding; a small negative value is not hidden."""
    shift = a.mean - b.mean
    return float(shift @ shift + a.trace + b.trace - 2 * _overlap(a, b))


def _without_mean(rows: np.ndarray) -> np.ndarray:
    """Give N − 1 rows with the inner products of N centred ones, in their place.

    Their sum is 0, so the reflection that takes (1, …, 1) / √N to the first axis makes the first row vanish, and adds
    1 / (√N − 1) times what it was to each of the others.
    """
    rows[1:] += rows[0] / (np.sqrt(len(rows)) - 1)
    return rows[1:]


def _overlap(a: Gaussian, b: Gaussian) -> float:
    """Compute tr (Σ₁ Σ₂)^½."""
    size = a.trace + b.trace
    if min(a.n, b.n) > len(a.mean):
        if a.cholesky is not None:
            total = _sum_of_roots(a.algebra.congruent(b.lower, a.cholesky), a.norm * b.norm, size)
            if total is not None:
                return total
        return _nuclear_norm(a.algebra.product(a.root, b.root))
    product = a.algebra.product(a.root, b.root)
    if len(product) > product.shape[1]:
        product = product.T
    total = _sum_of_roots(a.algebra.squares(product), float(np.sum(product**2)), size)
    return _nuclear_norm(product) if total is None else total


def _nuclear_norm(matrix: np.ndarray) -> float:
    return float(linalg.svdvals(matrix, overwrite_a=True, check_finite=False).sum())


def _sum_of_roots(values: np.ndarray, scale: float, size: float) -> float | None:
    """Sum √λ over the eigenvalues of a matrix; None where rounding of ε · scale in it may have moved that by too much.

    Too much is TOLERANCE · size; values ascend.
    """
    if values[0] <= 0 or _error(values, scale) > TOLERANCE * size:
        return None
    return float(np.sqrt(values).sum())


def _error(values: np.ndarray, scale: float) -> float:
    """Bound the error that rounding of ε · scale in a matrix makes in Σ √λ: to first order it is half of this."""
    return float(np.finfo(np.float64).eps * scale * (1 / np.sqrt(values)).sum())

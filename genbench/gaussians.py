"""Gaussians fitted to features, and the Fréchet distance between two of them.

Dowson, Landau (1982): the 2-Wasserstein distance between N(m₁, Σ₁) and N(m₂, Σ₂) is

    d² = ‖m₁ − m₂‖² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁ Σ₂)^½.

Σ₁ Σ₂ is not symmetric and its matrix square root is slow and fragile; neither is needed. With any roots Rᵢᵀ Rᵢ = Σᵢ,

    tr (Σ₁ Σ₂)^½ = Σⱼ √λⱼ(R₁ Σ₂ R₁ᵀ) = ‖R₁ R₂ᵀ‖_* (the sum of its singular values).

The middle form, R₁ a Cholesky factor, is fast; but rounding in Σ of size ε‖Σ‖ moves a √λ by up to √ε‖Σ‖, so that it is
kept only where a bound on its error says that it is good. The last form squares nothing and is right for singular
covariances: R is the triangular factor of the centred rows, or those rows themselves where there are fewer than D.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg

ROWS = 8192  # rows taken to float64 at a time, so that memory does not grow with N
TOLERANCE = 1e-8  # largest estimated error of the fast form, relative to tr Σ₁ + tr Σ₂


@dataclass(frozen=True, eq=False)
class Gaussian:
    """The Gaussian with mean and covariance (divisor N − 1) of some rows, computed in float64 when first asked for.

    vectors: (N, D), of any floating type, N ≥ 2. Everything derived is kept, so that one reference serves many models.
    """

    vectors: np.ndarray

    @property
    def n(self) -> int:
        return len(self.vectors)

    @cached_property
    def mean(self) -> np.ndarray:
        """(D,)."""
        mean: np.ndarray = self.vectors.mean(axis=0, dtype=np.float64)
        return mean

    @cached_property
    def covariance(self) -> np.ndarray:
        """(D, D)."""
        total = np.zeros((self.vectors.shape[1],) * 2)
        for rows in self._centred():
            total += rows.T @ rows
        total /= self.n - 1
        return total

    @cached_property
    def trace(self) -> float:
        """The trace of the covariance, which is not formed for it where it is singular: it may never be needed."""
        if self.n > self.vectors.shape[1]:
            return float(np.trace(self.covariance))
        return sum(float(np.vdot(rows, rows)) for rows in self._centred()) / (self.n - 1)

    @cached_property
    def cholesky(self) -> np.ndarray | None:
        """(D, D) lower factor of the covariance, None where that is not positive definite."""
        try:
            factor: np.ndarray = linalg.cholesky(self.covariance, lower=True)
        except linalg.LinAlgError:
            return None
        return factor

    @cached_property
    def root(self) -> np.ndarray:
        """(min(N, D), D) array R with RᵀR the covariance, found without squaring anything."""
        factor = np.empty((0, self.vectors.shape[1]))
        for rows in self._centred():
            factor = np.concatenate([factor, rows])
            if len(factor) > factor.shape[1]:
                (factor,) = linalg.qr(factor, mode="r", overwrite_a=True, check_finite=False)
                factor = factor[: factor.shape[1]]
        factor /= np.sqrt(self.n - 1)
        return factor

    def _centred(self) -> Iterator[np.ndarray]:
        for start in range(0, self.n, ROWS):
            yield self.vectors[start : start + ROWS] - self.mean


def gaussian(vectors: np.ndarray) -> Gaussian:
    """The Gaussian of (N, D) rows, N ≥ 2."""
    return Gaussian(vectors)


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """d² as above; symmetric, and 0 for equal Gaussians up to rounding: a small negative value is not hidden."""
    shift = a.mean - b.mean
    return float(shift @ shift + a.trace + b.trace - 2 * _overlap(a, b))


def _overlap(a: Gaussian, b: Gaussian) -> float:
    """tr (Σ₁ Σ₂)^½."""
    dimensions = len(a.mean)
    if min(a.n, b.n) > dimensions and a.cholesky is not None:
        # The lower half of R₁ Σ₂ R₁ᵀ, at a third of the cost of two matrix products.
        lower, _ = linalg.lapack.dsygst(b.covariance.T, a.cholesky, itype=2, lower=1)
        values = linalg.eigvalsh(lower, check_finite=False, overwrite_a=True)
        if values[0] > 0 and _error(values, a, b) <= TOLERANCE * (a.trace + b.trace):
            return float(np.sqrt(values).sum())
    return float(linalg.svdvals(a.root @ b.root.T, overwrite_a=True, check_finite=False).sum())


def _error(values: np.ndarray, a: Gaussian, b: Gaussian) -> float:
    """What relative rounding ε in both covariances can do to Σ √λ, to first order."""
    size = float(np.linalg.norm(a.covariance) * np.linalg.norm(b.covariance))
    return float(np.finfo(np.float64).eps * size * (1 / np.sqrt(values)).sum())

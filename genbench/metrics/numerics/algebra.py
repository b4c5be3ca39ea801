"""The products and factorisations that a Fréchet distance is made of, in float64, by SciPy's BLAS and LAPACK.

Those of :mod:`genbench.metrics.numerics.algebra_torch` are the same on a GPU; arrays are NumPy's on either side.
Singular values, the fallback for singular covariances, are LAPACK's everywhere: a GPU has no way to them that is faster
and as accurate.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import linalg


class Algebra:
    """SciPy's algebra, which computes and reads one triangle of a symmetric matrix.

    Products too are SciPy's: NumPy has a BLAS of its own, whose threads busily wait for more work after each product
    and so take the cores from SciPy's (a distance at D = 2048, N = 1000 took half as long again on two cores).
    """

    def gram(self, blocks: Iterable[np.ndarray], dimensions: int) -> np.ndarray:
        """Give the lower triangle of XᵀX, (D, D) with zeros above, of rows X that come in blocks of (n, D)."""
        total = np.zeros((dimensions, dimensions), order="F")
        for rows in blocks:
            total = linalg.blas.dsyrk(1.0, rows.T, beta=1.0, c=total, lower=1, overwrite_c=1)
        return total

    def cholesky(self, lower: np.ndarray) -> np.ndarray | None:
        """Give the lower factor L, LLᵀ = Σ, of the lower triangle of Σ; None where Σ is not positive definite."""
        try:
            factor: np.ndarray = linalg.cholesky(lower, lower=True)
        except linalg.LinAlgError:
            return None
        return factor

    def congruent(self, lower: np.ndarray, factor: np.ndarray) -> np.ndarray:
        """Give the eigenvalues, ascending, of LᵀΣL from the lower triangle of Σ and a lower factor L."""
        # At a third of the cost of two matrix products.
        square, _ = linalg.lapack.dsygst(lower, factor, itype=2, lower=1)
        values: np.ndarray = linalg.eigvalsh(square, check_finite=False, overwrite_a=True)
        return values

    def product(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Give A Bᵀ of (n, D) and (m, D)."""
        transposed: np.ndarray = linalg.blas.dgemm(1.0, right.T, left.T, trans_a=1)
        return transposed.T

    def squares(self, matrix: np.ndarray) -> np.ndarray:
        """Give the eigenvalues, ascending, of A Aᵀ."""
        square = linalg.blas.dsyrk(1.0, matrix.T, trans=1, lower=1)
        values: np.ndarray = linalg.eigvalsh(square, check_finite=False, overwrite_a=True)
        return values

    def triangle(self, matrix: np.ndarray) -> np.ndarray:
        """Give the (D, D) R of A = QR, of (n, D) rows, n ≥ D; A may be overwritten."""
        (factor,) = linalg.qr(matrix, mode="r", overwrite_a=True, check_finite=False)
        upper: np.ndarray = factor[: matrix.shape[1]]
        return upper

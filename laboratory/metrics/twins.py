"""Gaussian twins of two sets of features: samples of any number whose true distances are known.

To each set belongs the Gaussian with its mean and covariance. Between the two Gaussians the Fréchet distance has its
closed form (:mod:`genbench.metrics.numerics.gaussians`), and so has the kernel inception distance. With x ~ N(m, S),
y ~ N(n, T) independent and z = ⟨x, y⟩, conditioning on y gives z | y ~ N(⟨m, y⟩, yᵀSy), and with Gaussian moments of y

    E z  = ⟨m, n⟩ =: μ
    E z² = μ² + tr ST + nᵀSn + mᵀTm
    E z³ = μ³ + 3 μ (mᵀTm + tr ST + nᵀSn) + 6 mᵀTSn,

so that E (z/D + 1)³ = 1 + 3 E z/D + 3 E z²/D² + E z³/D³ for each of the three pairs of distributions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genbench.metrics.numerics.gaussians import Gaussian, frechet_distance, gaussian


@dataclass(frozen=True)
class Twin:
    """Gaussian to draw from."""

    fitted: Gaussian

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw (n, D) float32 rows."""
        root = self.fitted.root
        rows: np.ndarray = self.fitted.mean + rng.standard_normal((n, len(root))) @ root
        return rows.astype(np.float32)


def twin(vectors: np.ndarray) -> Twin:
    """Fit the twin of (N, D) features."""
    return Twin(gaussian(vectors))


def truth(real: Twin, fake: Twin) -> dict[str, float]:
    """Compute what metrics of endlessly many draws are, by key, where that is known."""
    a, b = real.fitted, fake.fitted
    kid = mean_kernel(a, a) + mean_kernel(b, b) - 2 * mean_kernel(a, b)
    distance = frechet_distance(a, b)
    return {"fid": distance, "fid_infinity": distance, "kid": kid}


def mean_kernel(a: Gaussian, b: Gaussian) -> float:
    """Compute E (⟨x, y⟩ / D + 1)³ of independent x and y."""
    m, s, n, t = a.mean, a.covariance, b.mean, b.covariance
    mean = float(m @ n)
    variance = float((s * t).sum() + n @ s @ n + m @ t @ m)
    third = mean**3 + 3 * mean * variance + 6 * float(m @ t @ s @ n)
    d = len(m)
    return 1 + 3 * mean / d + 3 * (mean**2 + variance) / d**2 + third / d**3

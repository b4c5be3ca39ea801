"""Closed forms between isotropic Gaussians P = N(mean_p, sd_p² I) and Q = N(mean_q, sd_q² I) in D dimensions.

The Hellinger integral is ∫ p^α q^(1−α) = [s_p^(1−α) s_q^α / s]^D exp(−α(1−α)‖Δ‖² / (2 s²)) with the mixed variance
s² = (1−α) s_p² + α s_q²; where that is not positive, which needs α outside [0, 1], the integral diverges.
Gil, Alajaji, Linder, "Rényi divergence measures for commonly used univariate continuous distributions" (2013).
"""

from __future__ import annotations

from math import expm1, inf, log

import numpy as np
from numpy.typing import ArrayLike


def distance2(mean_p: ArrayLike, mean_q: ArrayLike) -> float:
    """Compute ‖mean_p − mean_q‖²."""
    return float(np.sum((np.asarray(mean_p, float) - np.asarray(mean_q, float)) ** 2))


def hellinger_excess(alpha: float, mean_p: ArrayLike, sd_p: float, mean_q: ArrayLike, sd_q: float) -> float:
    """Compute ∫ p^α q^(1−α) − 1 without cancellation between near distributions; inf where it diverges or overflows."""
    variance = (1 - alpha) * sd_p**2 + alpha * sd_q**2
    if variance <= 0:
        return inf
    spread = np.size(mean_p) * ((1 - alpha) * log(sd_p) + alpha * log(sd_q) - log(variance) / 2)
    exponent = spread - alpha * (1 - alpha) * distance2(mean_p, mean_q) / (2 * variance)
    return expm1(exponent) if exponent < 709 else inf


def kullback_leibler(mean_p: ArrayLike, sd_p: float, mean_q: ArrayLike, sd_q: float) -> float:
    """Compute KL(P‖Q) = D (ρ − 1 − log ρ)/2 + ‖Δ‖²/(2 s_q²), ρ = s_p²/s_q²."""
    ratio = (sd_p / sd_q) ** 2
    return np.size(mean_p) * (ratio - 1 - log(ratio)) / 2 + distance2(mean_p, mean_q) / (2 * sd_q**2)

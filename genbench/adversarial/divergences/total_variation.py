"""Total variation: f(u) = ½|u−1|, f*(t) = t on [−½, ½], −½ below, g_f(v) = ½ tanh v. f-GAN (2016), tables 1 and 2."""

from __future__ import annotations

from math import erf, inf, log, sqrt

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.special import ndtr
from torch import Tensor

from genbench.adversarial.divergences import Divergence, _gaussians
from genbench.adversarial.divergences._stable import gap


def build() -> Divergence:
    """Build TV(P‖Q) = ½ ∫ |p−q|, between 0 and 1: symmetric, and its bound saturates where P and Q part."""
    return Divergence(
        f=lambda u: (u - 1).abs() / 2,
        derivative=lambda u: torch.sign(u - 1) / 2,
        conjugate=lambda t: t.clamp(min=-0.5),
        activation=_half_tanh,
        composite=_half_tanh,
        integrand=_integrand,
        domain=(-inf, 0.5),
        slope=0.0,
        gaussians=_gaussian_case,
    )


def _half_tanh(v: Tensor) -> Tensor:
    return torch.tanh(v) / 2


def _integrand(log_p: Tensor, log_q: Tensor) -> Tensor:
    larger, below = gap(log_p, log_q)
    return larger.exp() * -torch.expm1(below) / 2


def _gaussian_case(mean_p: ArrayLike, sd_p: float, mean_q: ArrayLike, sd_q: float) -> float | None:
    """Compute |P(A) − Q(A)|, A the half-space or, in one dimension, the interval where one density is the larger."""
    distance, ratio = sqrt(_gaussians.distance2(mean_p, mean_q)) / sd_q, sd_p / sd_q
    if ratio == 1:
        return erf(distance / sqrt(8))
    if np.size(mean_p) > 1:
        return None
    # Where p = q, in units of sd_q from mean_q: (ρ²−1) x² + 2δx − (δ² + 2ρ² log ρ) = 0
    pivot = -(distance + ratio * sqrt(distance**2 + 2 * (ratio**2 - 1) * log(ratio)))
    crossings = np.array([pivot / (ratio**2 - 1), -(distance**2 + 2 * ratio**2 * log(ratio)) / pivot])
    return float(abs(np.diff(ndtr((crossings - distance) / ratio) - ndtr(crossings))[0]))

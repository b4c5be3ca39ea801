"""Squared Hellinger: f(u) = (√u−1)², f*(t) = t/(1−t), g_f(v) = 1 − e^(−v). f-GAN (2016), tables 1, 2 and 6.

f*(g_f(v)) = (1 − e^(−v))/e^(−v) = e^v − 1.
"""

from __future__ import annotations

from math import inf

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from genbench.adversarial.divergences import Divergence, _gaussians
from genbench.adversarial.divergences._stable import gap


def build() -> Divergence:
    """Build H²(P‖Q) = ∫ (√p−√q)², between 0 and 2, symmetric."""
    return Divergence(
        f=lambda u: (u.sqrt() - 1) ** 2,
        derivative=lambda u: 1 - u.rsqrt(),
        conjugate=lambda t: t / (1 - t),
        activation=lambda v: -torch.expm1(-v),
        composite=torch.expm1,
        integrand=_integrand,
        domain=(-inf, 1.0),
        slope=0.0,
        safe=(-88.0, 88.0),
        unsafe="the activation 1 − e^(−v) overflows for v < −88 and the conjugate e^v − 1 for v > 88",
        gaussians=_gaussian_case,
    )


def _integrand(log_p: Tensor, log_q: Tensor) -> Tensor:
    larger, below = gap(log_p, log_q)
    return larger.exp() * torch.expm1(below / 2) ** 2


def _gaussian_case(mean_p: ArrayLike, sd_p: float, mean_q: ArrayLike, sd_q: float) -> float:
    return -2 * _gaussians.hellinger_excess(0.5, mean_p, sd_p, mean_q, sd_q)

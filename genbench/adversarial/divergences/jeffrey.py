"""Jeffrey: f(u) = (u−1) log u, f*(t) = W + 1/W + t − 2 with W = W(e^(1−t)), g_f(v) = v. f-GAN (2016), tables 1 and 6.

W(e^z) is Wright's omega, ω + log ω = z; with z = 1 − t the conjugate is 1/ω − log ω − 1, computed from log ω.
"""

from __future__ import annotations

from math import inf

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from genbench.adversarial.divergences import Divergence, _gaussians
from genbench.adversarial.divergences._stable import gap, log_wright_omega


def build() -> Divergence:
    """Build J(P‖Q) = KL(P‖Q) + KL(Q‖P)."""
    return Divergence(
        f=lambda u: (u - 1) * u.log(),
        derivative=lambda u: u.log() + 1 - 1 / u,
        conjugate=_conjugate,
        activation=lambda v: v,
        composite=_conjugate,
        integrand=_integrand,
        domain=(-inf, inf),
        slope=0.0,
        safe=(-inf, 89.0),
        unsafe="the conjugate grows as e^(v−1) and overflows for v > 89",
        gaussians=_gaussian_case,
    )


def _conjugate(t: Tensor) -> Tensor:
    log_omega = log_wright_omega(1 - t)
    return torch.expm1(-log_omega) - log_omega


def _integrand(log_p: Tensor, log_q: Tensor) -> Tensor:
    larger, below = gap(log_p, log_q)
    return larger.exp() * torch.expm1(below) * below


def _gaussian_case(mean_p: ArrayLike, sd_p: float, mean_q: ArrayLike, sd_q: float) -> float:
    forward = _gaussians.kullback_leibler(mean_p, sd_p, mean_q, sd_q)
    return forward + _gaussians.kullback_leibler(mean_q, sd_q, mean_p, sd_p)

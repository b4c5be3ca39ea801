"""Neyman χ²: f(u) = (1−u)²/u, f*(t) = 2 − 2√(1−t), g_f(v) = 1 − e^(−v). f-GAN (2016), tables 1, 2 and 6."""

from __future__ import annotations

from functools import partial
from math import inf

import torch
from torch import Tensor

from genbench.adversarial.divergences import Divergence, _gaussians
from genbench.adversarial.divergences._stable import gap


def build() -> Divergence:
    """Build χ²(Q‖P) = ∫ (p−q)²/p, Pearson's with P and Q exchanged."""
    return Divergence(
        f=lambda u: (1 - u) ** 2 / u,
        derivative=lambda u: 1 - 1 / u**2,
        conjugate=lambda t: 2 - 2 * torch.sqrt(1 - t),
        activation=lambda v: -torch.expm1(-v),
        composite=lambda v: -2 * torch.expm1(-v / 2),
        integrand=_integrand,
        domain=(-inf, 1.0),
        slope=0.0,
        safe=(-88.0, inf),
        unsafe="the activation 1 − e^(−v) overflows for v < −88",
        gaussians=partial(_gaussians.hellinger_excess, -1.0),
    )


def _integrand(log_p: Tensor, log_q: Tensor) -> Tensor:
    larger, below = gap(log_p, log_q)
    return torch.exp(2 * larger - log_p) * torch.expm1(below) ** 2

"""Pearson χ²: f(u) = (u−1)², f*(t) = t²/4 + t from t = −2 up and −1 below, g_f(v) = v. f-GAN (2016), tables 1, 2 and 6.

Table 6 prints the parabola alone; below −2 the supremum over u ≥ 0 is at u = 0.
"""

from __future__ import annotations

from functools import partial
from math import inf

import torch
from torch import Tensor

from genbench.adversarial.divergences import Divergence, _gaussians
from genbench.adversarial.divergences._stable import gap


def build() -> Divergence:
    """Build χ²(P‖Q) = ∫ (p−q)²/q."""
    return Divergence(
        f=lambda u: (u - 1) ** 2,
        derivative=lambda u: 2 * (u - 1),
        conjugate=_parabola,
        activation=lambda v: v,
        composite=_parabola,
        integrand=_integrand,
        domain=(-inf, inf),
        slope=0.0,
        gaussians=partial(_gaussians.hellinger_excess, 2.0),
    )


def _parabola(t: Tensor) -> Tensor:
    t = t.clamp(min=-2.0)
    return t * (t / 4 + 1)


def _integrand(log_p: Tensor, log_q: Tensor) -> Tensor:
    larger, below = gap(log_p, log_q)
    return torch.exp(2 * larger - log_q) * torch.expm1(below) ** 2

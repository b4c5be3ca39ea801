"""Kullback-Leibler: f(u) = u log u, f*(t) = e^(t−1), g_f(v) = v. f-GAN (2016), tables 1, 2 and 6."""

from __future__ import annotations

from math import inf

import torch
from torch import Tensor

from genbench.adversarial.divergences import Divergence, _gaussians
from genbench.adversarial.divergences._stable import weighted


def build() -> Divergence:
    """Build KL(P‖Q) = E_P log(p/q), the divergence of maximum likelihood: it covers every mode of P."""
    return Divergence(
        f=lambda u: torch.xlogy(u, u),
        derivative=lambda u: u.log() + 1,
        conjugate=_exponential,
        activation=lambda v: v,
        composite=_exponential,
        integrand=lambda log_p, log_q: weighted(log_p, log_p - log_q),
        domain=(-inf, inf),
        slope=1.0,
        safe=(-inf, 89.0),
        unsafe="the conjugate e^(v−1) overflows for v > 89",
        gaussians=_gaussians.kullback_leibler,
    )


def _exponential(t: Tensor) -> Tensor:
    return torch.exp(t - 1)

"""Reverse Kullback-Leibler: f(u) = −log u, f*(t) = −1 − log(−t), g_f(v) = −e^(−v). f-GAN (2016), tables 1, 2 and 6."""

from __future__ import annotations

from math import inf

import torch
from numpy.typing import ArrayLike

from genbench.adversarial.divergences import Divergence, _gaussians
from genbench.adversarial.divergences._stable import weighted


def build() -> Divergence:
    """Build KL(Q‖P) = E_Q log(q/p), the divergence of variational inference: it prefers to cover one mode of P well."""
    return Divergence(
        f=lambda u: -u.log(),
        derivative=lambda u: -1 / u,
        conjugate=lambda t: -1 - torch.log(-t),
        activation=lambda v: -torch.exp(-v),
        composite=lambda v: v - 1,
        integrand=lambda log_p, log_q: weighted(log_q, log_q - log_p),
        domain=(-inf, 0.0),
        slope=-1.0,
        safe=(-88.0, inf),
        unsafe="the activation −e^(−v) overflows for v < −88",
        gaussians=_gaussian_case,
    )


def _gaussian_case(mean_p: ArrayLike, sd_p: float, mean_q: ArrayLike, sd_q: float) -> float:
    return _gaussians.kullback_leibler(mean_q, sd_q, mean_p, sd_p)

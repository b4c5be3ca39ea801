"""GAN: f(u) = u log u − (u+1) log(u+1), f*(t) = −log(1 − e^t), g_f(v) = −log(1 + e^(−v)). f-GAN (2016), tables 1, 2, 6.

The composite is log(1 + e^v): with D = sigmoid(v) the bound is E_P log D + E_Q log(1−D), Goodfellow et al. (2014).
"""

from __future__ import annotations

from math import inf, log

import torch
from torch import Tensor

from genbench.adversarial.divergences import Divergence
from genbench.adversarial.divergences._stable import softplus, weighted


def build() -> Divergence:
    """Build jensen_shannon − log 4: −log 4 where P = Q, 0 where they part."""
    return Divergence(
        f=lambda u: torch.xlogy(u, u) - (u + 1) * torch.log1p(u),
        derivative=lambda u: torch.log(u / (1 + u)),
        conjugate=lambda t: -torch.log(-torch.expm1(t)),
        activation=lambda v: -softplus(-v),
        composite=softplus,
        integrand=_integrand,
        domain=(-inf, 0.0),
        slope=-log(2),
        at_one=-log(4),
    )


def _integrand(log_p: Tensor, log_q: Tensor) -> Tensor:
    log_sum = torch.logaddexp(log_p, log_q)
    return weighted(log_p, log_p - log_sum) + weighted(log_q, log_q - log_sum)

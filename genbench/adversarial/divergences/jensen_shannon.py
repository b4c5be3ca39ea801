"""Jensen-Shannon: f(u) = u log u − (u+1) log((1+u)/2), f*(t) = −log(2 − e^t), g_f(v) = log 2 − log(1 + e^(−v)).

f-GAN (2016), tables 1, 2 and 6; the composite is log(1 + e^v) − log 2.
"""

from __future__ import annotations

from math import inf, log

import torch
from torch import Tensor

from genbench.adversarial.divergences import Divergence
from genbench.adversarial.divergences._stable import softplus, weighted


def build() -> Divergence:
    """Build JS(P‖Q) = KL(P‖M) + KL(Q‖M), M = (P+Q)/2, in [0, log 4]: twice the usual definition, which has a ½."""
    return Divergence(
        f=lambda u: torch.xlogy(u, u) - (u + 1) * torch.log((1 + u) / 2),
        derivative=lambda u: torch.log(2 * u / (1 + u)),
        conjugate=lambda t: -torch.log1p(-torch.expm1(t)),
        activation=lambda v: log(2) - softplus(-v),
        composite=lambda v: softplus(v) - log(2),
        integrand=_integrand,
        domain=(-inf, log(2)),
        slope=0.0,
    )


def _integrand(log_p: Tensor, log_q: Tensor) -> Tensor:
    log_m = torch.logaddexp(log_p, log_q) - log(2)
    return weighted(log_p, log_p - log_m) + weighted(log_q, log_q - log_m)

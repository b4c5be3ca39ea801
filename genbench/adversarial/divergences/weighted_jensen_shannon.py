"""Weighted Jensen-Shannon, weight π in (0, 1): f(u) = π u log u − (1−π+πu) log(1−π+πu).

f-GAN (2016), tables 1, 2 and 6: f*(t) = (1−π) log[(1−π)/(1 − π e^(t/π))], g_f(v) = −π log π − log(1 + e^(−v)). The
composite is (1−π)[log(1−π) − log(1 − e^(−x))] with x = log(1 + e^(−v))/π, which underflows for large v: log x is used.
"""

from __future__ import annotations

from math import inf, log, log1p

import torch
from torch import Tensor

from genbench.adversarial.divergences import Divergence
from genbench.adversarial.divergences._stable import log_one_minus_exp, log_softplus, softplus, weighted
from genbench.errors import InputError
from genbench.options import Real

EXAMPLES = ({"weight": 0.2}, {"weight": 0.7})


def build(*, weight: Real) -> Divergence:
    """Build π KL(P‖M) + (1−π) KL(Q‖M), M = πP + (1−π)Q; `weight` is π, 0.5 gives half of jensen_shannon."""
    if not isinstance(weight, int | float) or not 0 < weight < 1:
        raise InputError(f"divergence weighted_jensen_shannon: weight must be between 0 and 1, got {weight!r}")
    pi, rest, log_rest = weight, 1 - weight, log1p(-weight)

    def f(u: Tensor) -> Tensor:
        mixed = rest + pi * u
        return pi * torch.xlogy(u, u) - mixed * mixed.log()

    def composite(v: Tensor) -> Tensor:
        return rest * (log_rest - log_one_minus_exp(log_softplus(-v) - log(pi)))

    def integrand(log_p: Tensor, log_q: Tensor) -> Tensor:
        log_m = torch.logaddexp(log_p + log(pi), log_q + log_rest)
        return pi * weighted(log_p, log_p - log_m) + rest * weighted(log_q, log_q - log_m)

    return Divergence(
        f=f,
        derivative=lambda u: pi * torch.log(u / (rest + pi * u)),
        conjugate=lambda t: rest * (log_rest - torch.log1p(-pi * torch.exp(t / pi))),
        activation=lambda v: -pi * log(pi) - softplus(-v),
        composite=composite,
        integrand=integrand,
        domain=(-inf, -pi * log(pi)),
        slope=0.0,
    )

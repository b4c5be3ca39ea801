"""α-divergence, α any number but 0 and 1: f(u) = [u^α − 1 − α(u−1)] / (α(α−1)).

f-GAN (2016), tables 1, 2 and 6: f*(t) = (1/α)[b^(α/(α−1)) − 1] with b = 1 + (α−1)t.
α < 1: t < 1/(1−α), g_f(v) = 1/(1−α) − log(1 + e^(−v)), hence b = (1−α) log(1 + e^(−v)), which underflows for large v:
its logarithm is used. α > 1: t is any number, g_f(v) = v, and b is 0 where 1 + (α−1)t is negative.
"""

from __future__ import annotations

from math import exp, expm1, inf, isfinite, log, log1p

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from genbench.adversarial.divergences import Divergence, _gaussians
from genbench.adversarial.divergences._stable import log_softplus, softplus
from genbench.errors import InputError
from genbench.options import Real

EXAMPLES = ({"alpha": -0.5}, {"alpha": 0.3}, {"alpha": 1.5})


def build(*, alpha: Real) -> Divergence:
    """Build [∫ p^α q^(1−α) − 1] / (α(α−1)): ½ Neyman at −1, twice squared Hellinger at ½, ½ Pearson at 2.

    Its limits at 0 and 1, which are refused, are reverse_kullback_leibler and kullback_leibler.
    """
    if not isinstance(alpha, int | float) or not isfinite(alpha) or alpha in (0, 1):
        raise InputError(f"divergence alpha: alpha must be a finite number other than 0 and 1, got {alpha!r}")
    a = float(alpha)
    scale, power = a * (a - 1), a / (a - 1)

    def integrand(log_p: Tensor, log_q: Tensor) -> Tensor:
        return (torch.exp(a * log_p + (1 - a) * log_q) - a * log_p.exp() - (1 - a) * log_q.exp()) / scale

    def gaussians(mean_p: ArrayLike, sd_p: float, mean_q: ArrayLike, sd_q: float) -> float:
        return _gaussians.hellinger_excess(a, mean_p, sd_p, mean_q, sd_q) / scale

    def conjugate(t: Tensor) -> Tensor:
        positive = (a - 1) * t > -1
        log_b = torch.log1p(torch.where(positive, (a - 1) * t, 0.0))
        return torch.where(positive, torch.expm1(power * log_b), -1.0) / a

    def composite(v: Tensor) -> Tensor:
        return torch.expm1(power * (log(1 - a) + log_softplus(-v))) / a

    highest = _highest(a, power)
    return Divergence(
        f=lambda u: (torch.expm1(a * u.log()) - a * (u - 1)) / scale,
        derivative=lambda u: torch.expm1((a - 1) * u.log()) / (a - 1),
        conjugate=conjugate,
        activation=(lambda v: 1 / (1 - a) - softplus(-v)) if a < 1 else (lambda v: v),
        composite=composite if a < 1 else conjugate,
        integrand=integrand,
        domain=(-inf, 1 / (1 - a)) if a < 1 else (-inf, inf),
        slope=0.0,
        safe=(-inf, highest),
        unsafe="" if highest == inf else f"the conjugate, b to the power {power:.3g}, overflows for v > {highest:.4g}",
        gaussians=gaussians,
    )


def _highest(a: float, power: float) -> float:
    """Find the largest v where composite and two derivatives are finite in float32; inf if that is beyond 1e4."""
    if a < 0:
        return inf
    # b^power times what differentiating twice brings must stay below e^88
    log_b = (88 - 2 * log1p(abs(power)) + min(0.0, log(a))) / power
    if a > 1:
        highest = expm1(log_b) / (a - 1)
    else:  # b = (1−α) log(1 + e^(−v)), solved for v
        log_level = log_b - log(1 - a)
        level = exp(log_level)
        highest = -level - log(-expm1(-level)) if log_level > -30 else -log_level
    return highest if highest < 1e4 else inf

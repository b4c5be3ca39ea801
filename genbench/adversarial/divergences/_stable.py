"""Functions that the naive formula loses to overflow, underflow or cancellation, all differentiable twice.

The gradient of torch.where is NaN where that of the branch not taken is: each branch sees its argument clamped to its
own side, or the derivative is written out, as a function of the result that can be differentiated again.
"""

from __future__ import annotations

from math import inf, log
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def softplus(x: Tensor) -> Tensor:
    """Compute log(1 + e^x) to full precision everywhere (torch's own softplus is linear from 20, 2e-9 off)."""
    return -logsigmoid(-x)


class _LogSoftplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        tiny = x.clamp(max=-10.0).exp()
        series = x - tiny / 2 + 5 * tiny**2 / 24 - tiny**3 / 8  # of log(log(1 + t) / t), next term 0.09 t⁴ < 2e-18
        y = torch.where(x < -10, series, softplus(x).log())
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        x, y = ctx.saved_tensors
        return gradient * torch.exp(logsigmoid(x) - y)  # between 0 and 1: no 1/y, whose square a penalty would meet


def log_softplus(x: Tensor) -> Tensor:
    """Compute the logarithm of softplus, which is x for very negative x, where e^x underflows."""
    y: Tensor = _LogSoftplus.apply(x)  # type: ignore[no-untyped-call]
    return y


def log_one_minus_exp(log_x: Tensor) -> Tensor:
    """Compute log(1 − e^(−x)) for x > 0 given as log x, which is log x for small x, where x itself may underflow."""
    border = log(0.1)
    small, large = log_x.clamp(max=border).exp(), log_x.clamp(min=border).exp()
    # log((1 − e^(−x)) / x) by Bernoulli numbers, next term x¹⁰ / 4.8e8
    series = log_x - small / 2 + small**2 / 24 - small**4 / 2880 + small**6 / 181440 - small**8 / 9676800
    return torch.where(log_x < border, series, torch.log1p(-torch.exp(-large)))


class _LogWrightOmega(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        y = torch.where(z > 1, z.clamp(min=1.0).log(), z)
        for _ in range(8):  # y starts right of the root of an increasing convex function: monotone, then quadratic
            power = y.exp()
            y = y - (y + power - z) / (1 + power)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return gradient * torch.sigmoid(-y)  # dy/dz = 1 / (1 + e^y)


def log_wright_omega(z: Tensor) -> Tensor:
    """Solve y + e^y = z for y = log ω(z) by Newton; ω(z) = W(e^z) is Wright's omega (Corless, Jeffrey 2002)."""
    y: Tensor = _LogWrightOmega.apply(z)  # type: ignore[no-untyped-call]
    return y


def weighted(log_density: Tensor, factor: Tensor) -> Tensor:
    """Compute e^log_density · factor, 0 where the density is 0 even if the factor is infinite."""
    return torch.where(log_density == -inf, 0.0, log_density.exp() * factor)


def gap(log_p: Tensor, log_q: Tensor) -> tuple[Tensor, Tensor]:
    """Return (a, b) = (log max(p, q), −|log p − log q|): differences of p and q are e^a times functions of b ≤ 0."""
    return torch.maximum(log_p, log_q), -(log_p - log_q).abs()

"""Probability of a grey level, from a density over pixel values in [-1, 1] or directly.

Level k of L has the value v_k = 2k / (L − 1) − 1 and the bin v_k ± 1 / (L − 1). A density gives it the mass of its
bin; the two bins at the edges take the tails, so that the L probabilities sum to 1. Each is computed without taking a
difference of numbers that are nearly equal, so that a level far from the mean has a finite logarithm:

    logistic   log(σ(b) − σ(a)) = log σ(b) + log σ(−a) + log(1 − e^(a − b))
    Gaussian   log(Φ(b) − Φ(a)) = log Φ(b) + log(1 − e^(log Φ(a) − log Φ(b))), on the side where Φ(b) is small.

Arguments broadcast; `index` holds levels 0 to L − 1 as integers, `levels` is L.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

#: Limit of a binomial decoder's certainty that a pixel is black or white; a saturated tanh would say impossible.
CERTAIN = 1 - 1e-4


def value_of(index: Tensor, levels: Tensor) -> Tensor:
    """Return the values in [-1, 1] of grey levels."""
    return index * (2 / (levels - 1)) - 1


def log_logistic(index: Tensor, mean: Tensor, log_scale: Tensor, levels: Tensor) -> Tensor:
    """Return the log mass of a logistic density in a level's bin (PixelCNN++: Salimans et al. 2017, equation 2)."""
    lower, upper = _bin(index, mean, levels)
    steepness = (-log_scale).exp()
    inside = torch.log(-torch.expm1(-2 / (levels - 1) * steepness))
    from_below = torch.where(index == levels - 1, 0.0, logsigmoid(upper * steepness))
    from_above = torch.where(index == 0, 0.0, logsigmoid(-lower * steepness))
    return from_below + from_above + torch.where((index == 0) | (index == levels - 1), 0.0, inside)


def log_gaussian(index: Tensor, mean: Tensor, sd: float, levels: Tensor) -> Tensor:
    """Return the log mass of a normal density in a level's bin."""
    lower, upper = (end.double() / sd for end in _bin(index, mean, levels))
    lower = torch.where(index == 0, -torch.inf, lower)
    upper = torch.where(index == levels - 1, torch.inf, upper)
    mirrored = lower + upper > 0
    lower, upper = torch.where(mirrored, -upper, lower), torch.where(mirrored, -lower, upper)
    top = torch.special.log_ndtr(upper)
    return (top + torch.log(-torch.expm1(torch.special.log_ndtr(lower) - top))).float()


def log_binomial(index: Tensor, mean: Tensor, levels: Tensor) -> Tensor:
    """Return log Binomial(k; L − 1, p), p = (1 + mean) / 2 a little inside (0, 1); Bernoulli(p) for two levels."""
    n = (levels - 1).to(mean.dtype)
    k = index.to(mean.dtype)
    ways = torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
    share = 0.5 + 0.5 * CERTAIN * mean
    return ways + k * share.log() + (n - k) * torch.log1p(-share)


def _bin(index: Tensor, mean: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the ends of the levels' bins, relative to the mean."""
    centre, half = value_of(index, levels) - mean, 1 / (levels - 1)
    return centre - half, centre + half

"""Codes of latent-variable models: standard normal, or truncated to −ψ ≤ z ≤ ψ in each coordinate.

Truncation (Brock et al. 2019, section 3.1) trades recall for precision. It has the distribution that redrawing each
coordinate beyond ±ψ until it falls inside would have, but is drawn by inversion, z = √2 erf⁻¹(r · erf(ψ/√2)) with r
uniform on (−1, 1): any ψ costs the same, and a code moves smoothly as ψ does. It is an option of sampling: training
always draws from the whole normal distribution, so that another ψ draws anew from weights that stay as they are.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.per_image_random import normal_rows, uniform_rows


def normal(n: int, size: int, *, rng: torch.Generator, psi: float | None = None) -> Tensor:
    """Draw codes (n, size), float32, on the CPU; none beyond ±psi where it is given."""
    if psi is None:
        return normal_rows(n, size, rng=rng)
    uniform = uniform_rows(n, size, rng=rng, dtype=torch.float64) * 2 - 1
    codes = math.sqrt(2) * torch.erfinv(uniform * math.erf(psi / math.sqrt(2)))
    return codes.clamp(-psi, psi).float()

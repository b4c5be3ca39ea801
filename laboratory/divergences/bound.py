"""The variational bound F(v) = E_P g_f(v) − E_Q f*(g_f(v)) ≤ D_f(P‖Q) of a given critic, from samples.

Nowozin, Cseke, Tomioka (2016), equation 4. On points that the critic was not trained on, its expectation is a lower
bound; what was estimated may exceed D_f by its sampling error, and under a heavy tail that error is itself misjudged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from genbench.adversarial.divergences import Divergence


@dataclass(frozen=True)
class Estimate:
    """Mean with its standard error."""

    value: float
    error: float

    def record(self) -> dict[str, float | None]:
        """Return the values for JSON: None for what is not finite."""
        parts = {"value": self.value, "error": self.error}
        return {name: part if math.isfinite(part) else None for name, part in parts.items()}


def bound(measure: Divergence, on_real: Tensor, on_fake: Tensor) -> Estimate:
    """Estimate the bound from raw outputs v of a critic at points of P (N,) and of Q (M,)."""
    return difference(measure.activation(on_real.double()), measure.composite(on_fake.double()))


def ideal(measure: Divergence, ratio_real: Tensor, ratio_fake: Tensor) -> Estimate:
    """Estimate the bound of the best critic T = f'(p/q), from log p/q at points of P (N,) and of Q (M,), float64."""
    on_fake = measure.derivative(ratio_fake.exp())
    return difference(measure.derivative(ratio_real.exp()), measure.conjugate(on_fake))


def difference(first: Tensor, second: Tensor) -> Estimate:
    """Subtract the means of two independent draws (N,) and (M,)."""
    variance = float(first.var()) / len(first) + float(second.var()) / len(second)
    return Estimate(float(first.mean() - second.mean()), math.sqrt(variance))

"""What an f-divergence is: D_f(P‖Q) = E_Q f(p/q), f convex, with its variational bound.

Nowozin, Cseke, Tomioka, "f-GAN" (2016), equations 2 to 7: for every T = g_f(V) with values in the domain of the
conjugate f*, D_f(P‖Q) ≥ E_P[T] − E_Q[f*(T)]. A module genbench/divergences/<name>.py has build(**options).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

Scalar = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Divergence:
    """One f-divergence; its functions take and give tensors of any shape.

    f: the generator f(u), u > 0. conjugate: f*(t) = sup_u (u t − f(u)), for t in `domain`.
    activation: g_f, from any real v into `domain`. composite: f*(g_f(v)) computed stably from v.
    domain: open interval of t where f* is finite. slope: f'(1), a critic's value where p = q.
    """

    f: Scalar
    conjugate: Scalar
    activation: Scalar
    composite: Scalar
    domain: tuple[float, float]
    slope: float

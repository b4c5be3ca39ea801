"""Contract of f-divergences: D_f(P‖Q) = E_Q f(p/q), f convex, with its variational bound.

Nowozin, Cseke, Tomioka, "f-GAN" (2016), equations 2 to 7: for every T = g_f(V) with values in the domain of the
conjugate f*, D_f(P‖Q) ≥ E_P[T] − E_Q[f*(T)], and T = f'(p/q) attains it. A module
genbench/adversarial/divergences/<name>.py has build(**options), and EXAMPLES, a tuple of options to try, where an
option has no default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from genbench.errors import InputError
from genbench.find import find, members

Scalar: TypeAlias = Callable[[Tensor], Tensor]
Gaussians: TypeAlias = Callable[[ArrayLike, float, ArrayLike, float], float | None]

_PROBES = (-1e4, -100.0, -10.0, -1.0, 0.0, 1.0, 10.0, 100.0, 1e4)


def no_closed_form(mean_p: ArrayLike, sd_p: float, mean_q: ArrayLike, sd_q: float) -> None:
    """Stand for a closed form between two Gaussians where there is none: return None."""


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """One f-divergence; its functions take and give tensors of any shape, and can be differentiated twice.

    f: the generator f(u), u > 0. derivative: f'(u); a subgradient where f has a kink.
    conjugate: f*(t) = sup_u (u t − f(u)), for t in `domain`; elsewhere it is infinite and not computed.
    activation: g_f, from any real v into `domain`. composite: f*(g_f(v)) computed stably from v.
    integrand: (log p, log q) to q f(p/q), computed stably from log densities; either may be −inf, not both.
    domain: interval of t where f* is finite. slope: f'(1), a critic's value where p = q.
    at_one: f(1), which is D_f(P‖P).
    safe: interval of v where, for |v| ≤ 1e4, activation, composite and their first two derivatives are finite in
    float32. unsafe: why it ends; values that exceed float32 beyond it come out as infinities, never NaN.
    gaussians: D_f between N(mean_p, sd_p² I) and N(mean_q, sd_q² I), means numbers or (D,) vectors; inf where it
    diverges, None where there is no closed form.
    """

    f: Scalar
    derivative: Scalar
    conjugate: Scalar
    activation: Scalar
    composite: Scalar
    integrand: Callable[[Tensor, Tensor], Tensor]
    domain: tuple[float, float]
    slope: float
    at_one: float = 0.0
    safe: tuple[float, float] = (-inf, inf)
    unsafe: str = ""
    gaussians: Gaussians = no_closed_form

    def __post_init__(self) -> None:
        """Refuse an activation that leaves the domain of the conjugate, where the bound would mean nothing."""
        low, high = self.domain
        reached = self.activation(torch.tensor(_PROBES, dtype=torch.float64, device="cpu")).tolist()
        for v, t in zip(_PROBES, reached, strict=True):
            if not low <= t <= high:
                raise InputError(f"divergence: activation is {t:g} at v = {v:g}, not in its domain [{low:g}, {high:g}]")


def examples() -> dict[str, Divergence]:
    """Build each divergence of the collection with sample options, by name: "alpha (alpha=0.3)"."""
    built: dict[str, Divergence] = {}
    for name in members("divergences"):
        module = find("divergences", name)
        samples: tuple[dict[str, float], ...] = getattr(module, "EXAMPLES", ({},))
        for options in samples:
            chosen = ", ".join(f"{key}={value}" for key, value in options.items())
            built[f"{name} ({chosen})" if chosen else name] = module.build(**options)
    return built

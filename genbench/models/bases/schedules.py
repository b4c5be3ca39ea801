"""Schedules of adam's moments and of the averaged weights: the program of R3GAN (Huang et al. 2024).

Within `steps` steps, along half a cosine (:class:`genbench.adversarial.penalties.Schedule`), the decays of adam's two
moments go from those of the first step to others, and the averaged weights remember for longer: a weight counts half
as much after h steps, h going from 0, which is no average, to its last value, so that the decay is 2^(−1/h). In that
program the second moment's decay goes from 0.9 to 0.99 and h to 5·10⁶ images, while γ of R1 and R2 falls to a tenth.
"""

from __future__ import annotations

from dataclasses import dataclass

from genbench.adversarial.penalties import Schedule
from genbench.errors import InputError


@dataclass(frozen=True)
class Schedules:
    """Last values, which are reached `steps` steps after the first; None for what stays as the loop has it.

    betas: decays of adam's moments. half_life: h, in steps.
    """

    steps: int
    betas: tuple[float, float] | None = None
    half_life: float | None = None

    def betas_at(self, first: tuple[float, float], step: int) -> tuple[float, float]:
        """Return the decays of adam's moments at a step, those of the first being `first`."""
        if self.betas is None:
            return first
        one, two = (
            Schedule(last, self.steps).weight(start, step) for start, last in zip(first, self.betas, strict=True)
        )
        return one, two

    def decay(self, otherwise: float, step: int) -> float:
        """Return the decay of the averaged weights at a step; `otherwise` where it has no schedule."""
        if self.half_life is None:
            return otherwise
        half_life = Schedule(self.half_life, self.steps).weight(0.0, step)
        return 0.5 ** (1 / half_life) if half_life else 0.0


def schedules(
    steps: int | None, betas: tuple[float, float] | None, half_life: float | None, *, adam: bool
) -> Schedules | None:
    """Build the schedules of three options, None where there are none; `adam`: whether the optimisers have betas."""
    if steps is None and betas is None and half_life is None:
        return None
    if betas is not None and not adam:
        raise InputError(f"final_betas: expected none, for an optimiser that is not adam has no betas; got {[*betas]}")
    if steps is None:
        given = "final_betas" if half_life is None else "half_life"
        raise InputError(f"scheduled_steps: missing; it says within how many steps {given} is reached")
    if betas is None and half_life is None:
        raise InputError(f"scheduled_steps: expected final_betas or half_life beside it, got {steps} alone")
    return Schedules(steps, betas, half_life)

"""Proposals q(x_t | x_{t−1}) that particles are drawn from, with parameters of their own at every step.

    q(x_t | x_{t−1}) = N(shift_t + scale_t · drift(x_{t−1}), diag sd_t²)

as in Naesseth et al., "Variational sequential Monte Carlo" (2018): learned for one sequence, so that later observations
count as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from laboratory.sequences.spaces import LinearGaussian, StateSpace


@dataclass(frozen=True)
class Proposal:
    """Parameters, (steps, states) each, or (runs, steps, states) where every run has its own."""

    shift: Tensor
    scale: Tensor
    log_sd: Tensor

    @property
    def parameters(self) -> list[Tensor]:
        """The parameters, in the order of the fields."""
        return [self.shift, self.scale, self.log_sd]

    def at(self, t: int, drift: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the mean of x_t, (runs, particles, states), and its log sd, which broadcasts to the mean."""
        shift, scale, log_sd = (part[..., t, None, :] for part in self.parameters)
        return shift + scale * drift, log_sd

    def learned(self) -> Self:
        """Copy the parameters as leaves that gradients are taken in."""
        return type(self)(*(part.detach().clone().requires_grad_() for part in self.parameters))

    def each(self, runs: int) -> Self:
        """Copy the parameters for each of some runs, so that a gradient tells the runs apart."""
        wide = (part.detach().expand(runs, *part.shape).clone().requires_grad_() for part in self.parameters)
        return type(self)(*wide)


def prior(space: StateSpace) -> Proposal:
    """Make the proposal that is the chain itself, without a look at what is seen: the bootstrap filter's."""
    size = space.steps, space.states
    log_sd = torch.tensor([[math.log(space.sd(t))] for t in range(space.steps)], dtype=torch.float64)
    return Proposal(
        torch.zeros(size, dtype=torch.float64), torch.ones(size, dtype=torch.float64), log_sd.expand(size).clone()
    )


def optimal(space: LinearGaussian, seen: Tensor) -> Proposal:
    """Make P(x_t | x_{t−1}, y_t), whose weights do not depend on x_t: no one-step look makes them more even.

    Its covariance is diagonal, as single coordinates are seen.
    """
    covered = torch.zeros(space.states, dtype=torch.float64)
    covered[: space.observed] = space.error**-2
    precision = covered + space.noise**-2
    known = torch.zeros(space.steps, space.states, dtype=torch.float64)
    known[:, : space.observed] = seen
    wide = precision.expand(space.steps, space.states)
    return Proposal(known * covered / wide, space.noise**-2 / wide, -0.5 * wide.log())

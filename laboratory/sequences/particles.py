"""Particle filters whose log estimate of P(y) is a lower bound in mean, and the gradient of that bound.

N particles are moved by a proposal q and weighed by w_t = P(y_t | x_t) P(x_t | x_{t−1}) / q(x_t | x_{t−1}). Each step
gives an estimate of P(y_t | y_1 … y_{t−1}), the mean of w_t under the weights so far. Their product Ẑ has the mean
P(y), so that E log Ẑ ≤ log P(y). It is

    never       IWAE's bound (Burda, Grosse, Salakhutdinov, 2016), if particles are never resampled,
    adaptive    FIVO (Maddison et al., 2017), if they are where their effective number is below N / 2,
    always      AESMC (Le et al., 2018) and VSMC (Naesseth et al., 2018), if they are at every step,

and of one particle the ELBO each time. Ancestors are drawn from the categorical distribution of the weights. Particles
are smooth in the parameters of q, ancestors are not: the gradient of E log Ẑ is the mean of

    ∇ log Ẑ + Σ_t ∇ log P(ancestors_t) (log Ẑ_{t+1..T} − baseline).

The sum is the score-function term of resampling; all three works leave it out in training, for its variance. It has
the estimates after step t alone, as ancestors change none before. baseline: the mean of other, independent runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from laboratory.sequences.proposals import Proposal
from laboratory.sequences.spaces import StateSpace, double, log_normal

Schedule = Literal["never", "adaptive", "always"]

SHARE = 0.5  # of the particles: the effective number below which `adaptive` resamples


@dataclass(frozen=True)
class Run:
    """Independent filters. steps: log estimates of P(y_t | past). ancestors: log P of those drawn after t; (T, R)."""

    steps: Tensor
    ancestors: Tensor

    @property
    def log_z(self) -> Tensor:
        """Log Ẑ of each run, (R,)."""
        return self.steps.sum(0)


def move(
    space: StateSpace, proposal: Proposal, seen: Tensor, t: int, before: Tensor, noise: Tensor
) -> tuple[Tensor, Tensor]:
    """Draw x_t = mean + sd · noise, (..., N, states), after `before`; returns it and log w_t, (..., N)."""
    drift = space.drift(before)
    mean, log_sd = proposal.at(t, drift)
    here = mean + log_sd.exp() * noise
    log_prior = log_normal(here, drift, double(space.sd(t)).log())
    return here, space.log_given(seen[t], here) + log_prior - log_normal(here, mean, log_sd)


def run(
    space: StateSpace,
    proposal: Proposal,
    seen: Tensor,
    schedule: Schedule,
    *,
    runs: int,
    particles: int,
    rng: torch.Generator,
) -> Run:
    """Run independent filters over (T, observed) observations."""
    even = torch.full((runs, particles), -math.log(particles), dtype=torch.float64)
    places, weights = torch.zeros(runs, particles, space.states, dtype=torch.float64), even
    steps, ancestors = [], []
    for t in range(len(seen)):
        noise = torch.randn(places.shape, generator=rng, dtype=torch.float64)
        places, log_w = move(space, proposal, seen, t, places, noise)
        weights = weights + log_w
        steps.append(torch.logsumexp(weights, 1))
        weights = weights - steps[-1][:, None]
        chance = torch.zeros(runs, dtype=torch.float64)
        if t + 1 < len(seen) and (chosen := _poor(weights, schedule)).any():
            parents = torch.multinomial(weights.detach().exp(), particles, replacement=True, generator=rng)
            parents = torch.where(chosen[:, None], parents, torch.arange(particles))
            chance = torch.where(chosen, weights.gather(1, parents).sum(1), chance)
            places = places.gather(1, parents[..., None].expand_as(places))
            weights = torch.where(chosen[:, None], even, weights)
        ancestors.append(chance)
    return Run(torch.stack(steps), torch.stack(ancestors))


def _poor(weights: Tensor, schedule: Schedule) -> Tensor:
    """Return for each run whether its particles are to be resampled, (R,); weights: log, of sum 1."""
    if schedule == "adaptive":
        return (2 * weights.detach()).exp().sum(1) * SHARE * weights.shape[1] > 1
    return torch.full((len(weights),), schedule == "always")


def surrogate(made: Run, *, score: bool, group: int = 1) -> Tensor:
    """Make a number for each run whose gradient is an estimate of the bound's, (R,).

    score: with the score-function term of resampling. group: runs that lend each other a baseline; 1 for none.
    """
    if not score:
        return made.log_z
    after = (made.log_z - made.steps.cumsum(0)).detach()  # of the steps after each
    if group > 1:
        sets = after.view(len(after), -1, group)
        after = ((sets - sets.mean(-1, keepdim=True)) * group / (group - 1)).view_as(after)
    return made.log_z + (made.ancestors * after).sum(0)

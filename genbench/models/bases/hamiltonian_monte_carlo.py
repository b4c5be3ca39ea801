"""Hamiltonian Monte Carlo for the codes of an image (Duane et al. 1987; Neal 2011), many chains at once.

The target at inverse temperature β is proportional to N(z; 0, I) p(x|z)^β: the prior at 0, the posterior at 1. A move
draws a momentum v ~ N(0, I), follows the leapfrog steps

    v += ε/2 · ∇ log target(z),   z += ε v,   v += ε/2 · ∇ log target(z)

and accepts where they end with probability min(1, e^(−Δ)), Δ the change of ½ |v|² − log target(z). The steps keep
volumes and can be reversed, so that a move has detailed balance at any ε that does not depend on where the chain is.
Each move of each chain takes a random share of ε, as Neal advises: paths of one length come back to where they began
on some targets.

ε follows the acceptance as in the code of Wu et al. (2017): it grows by 2 % after a move if the running mean of the
acceptance is above 0.65, and shrinks by 2 % if not. This looks at the chain, and so belongs into moves that are not
counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

LogLikelihood = Callable[[Tensor], Tensor]

TARGET = 0.65  # acceptance, the best for many dimensions (Beskos et al. 2013)
GROWTH, SHRINKAGE = 1.02, 0.98
SHARE = 0.5  # of ε, the least that a move takes
MEMORY = 0.9  # of the running mean of the acceptance
START, SMALLEST, LARGEST = 0.25, 1e-4, 1.0  # of ε; 1 suits the prior, and no target is wider


@dataclass(frozen=True)
class Point:
    """Codes (..., D) with log p(x|z) in nats, (...), and its slope in the codes, (..., D)."""

    codes: Tensor
    log_likelihood: Tensor
    slope: Tensor


@dataclass(frozen=True)
class Move:
    """Place after a move, with what was accepted, (...) bool, and the change Δ of the energy in nats, (...)."""

    point: Point
    accepted: Tensor
    error: Tensor


@dataclass(frozen=True)
class StepSize:
    """ε of each image, (N,), which all of its chains share, and the running mean of their acceptance, (N,)."""

    size: Tensor
    rate: Tensor

    def after(self, accepted: Tensor) -> StepSize:
        """Adapt ε to a move of all chains, (K, N) bool."""
        factor = torch.where(self.rate > TARGET, GROWTH, SHRINKAGE)
        rate = MEMORY * self.rate + (1 - MEMORY) * accepted.to(self.rate).mean(0)
        return StepSize((self.size * factor).clamp(SMALLEST, LARGEST), rate)


def first_step_size(codes: Tensor) -> StepSize:
    """Make the step sizes to begin with, of codes (K, N, D)."""
    return StepSize(codes.new_full(codes.shape[1:2], START), codes.new_full(codes.shape[1:2], TARGET))


def point(codes: Tensor, log_likelihood: LogLikelihood) -> Point:
    """Evaluate log p(x|z), a function of codes (..., D) to (...), and its slope."""
    with torch.enable_grad():
        moving = codes.detach().requires_grad_()
        value = log_likelihood(moving)
        (slope,) = torch.autograd.grad(value.sum(), [moving])
    return Point(moving.detach(), value.detach().double(), slope)


def move(
    start: Point, log_likelihood: LogLikelihood, beta: float, size: Tensor, leapfrogs: int, rng: torch.Generator
) -> Move:
    """Make one move of every chain at inverse temperature `beta`; size: ε, which broadcasts to the chains, (...).

    A path to where the energy is not a number is rejected.
    """
    share = SHARE + (1 - SHARE) * torch.rand(start.log_likelihood.shape, generator=rng).to(size)
    here, width = start, (share * size)[..., None]
    first = momentum = torch.randn(start.codes.shape, generator=rng, dtype=start.codes.dtype).to(start.codes.device)
    for _ in range(leapfrogs):
        momentum = momentum + width / 2 * _force(here, beta)
        here = point(here.codes + width * momentum, log_likelihood)
        momentum = momentum + width / 2 * _force(here, beta)
    error = _energy(here, momentum, beta) - _energy(start, first, beta)
    uniform = torch.rand(error.shape, generator=rng, dtype=error.dtype).to(error.device)
    accepted = uniform < (-error).exp()
    after = Point(
        torch.where(accepted[..., None], here.codes, start.codes),
        torch.where(accepted, here.log_likelihood, start.log_likelihood),
        torch.where(accepted[..., None], here.slope, start.slope),
    )
    return Move(after, accepted, error)


def _force(at: Point, beta: float) -> Tensor:
    return beta * at.slope - at.codes


def _energy(at: Point, momentum: Tensor, beta: float) -> Tensor:
    squares = (at.codes.double().square() + momentum.double().square()).sum(-1)
    return squares / 2 - beta * at.log_likelihood


@dataclass(frozen=True)
class Chains:
    """Codes of the posterior, (kept, K, N, D), and the share of moves accepted while they were kept."""

    codes: Tensor
    acceptance: float


def sample(
    log_likelihood: LogLikelihood, codes: Tensor, *, burn: int, kept: int, leapfrogs: int, rng: torch.Generator
) -> Chains:
    """Draw codes of the posterior by K chains of each of N images, which start at `codes` (K, N, D).

    burn: moves left out, in which ε is adapted; it then stays as it is. kept: moves after them, all kept.
    """
    here, step, places, rates = point(codes, log_likelihood), first_step_size(codes), [], []
    for _ in range(burn):
        moved = move(here, log_likelihood, 1.0, step.size, leapfrogs, rng)
        here, step = moved.point, step.after(moved.accepted)
    for _ in range(kept):
        moved = move(here, log_likelihood, 1.0, step.size, leapfrogs, rng)
        here = moved.point
        places.append(here.codes)
        rates.append(moved.accepted.double().mean())
    return Chains(torch.stack(places), float(torch.stack(rates).mean()))


def potential_scale_reduction(codes: Tensor) -> Tensor:
    """Compute R̂ of codes (kept, K, N, D) by image and coordinate, (N, D), near 1 once chains agree.

    The root of the pooled over the mean within variance (Gelman and Rubin 1992, in the form of Gelman et al. 2013,
    equation 11.4), without splitting the chains.
    """
    kept, within = len(codes), codes.double().var(0).mean(0)
    between = codes.double().mean(0).var(0)
    return ((kept - 1) / kept + between / within).sqrt()

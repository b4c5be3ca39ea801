"""Likelihood of an image under anything with a decoder: annealed importance sampling (Neal 2001; Wu et al. 2017).

A chain walks from the prior N(0, I) of the codes to their posterior through the T distributions N(z; 0, I) p(x|z)^β_t,
by one move of Hamiltonian Monte Carlo at each. Its weight

    w = Π_t p(x|z_{t−1})^(β_t − β_{t−1}),   0 = β_0 < … < β_T = 1,

has the mean P(x) over chains that start at the prior, and 1/w the mean 1/P(x) over chains that walk back from an exact
draw of the posterior. An image that the model draws comes with such a draw: its own code. So in the mean

    log 1/K Σ w_k  ≤  log P(x)  ≤  −log 1/K Σ 1/w_k,

and on simulated images the gap of the two says how good the first is (bidirectional Monte Carlo: Grosse, Ghahramani,
Adams 2015). Real images have the first alone, an estimate. The β_t are on a sigmoid, as in the code of Wu et al.:
β_t ∝ σ(4 (2 t / T − 1)) − σ(−4).

Step sizes that follow the chains that are weighed would make both statements approximate. Here a walk of its own finds
the step sizes along β, by the rule of Wu et al., and the walks that count take them as given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genbench.errors import InputError
from genbench.models.bases.hamiltonian_monte_carlo import LogLikelihood, Point, first_step_size, move, point
from genbench.models.bases.likelihood import Likelihood
from genbench.models.vae import importance_bound

STEEPNESS = 4.0


@dataclass(frozen=True)
class Tuned:
    """Moves along β: leapfrog steps of each, and ε of each image at evenly spaced t / T in (0, 1], (steps, N)."""

    leapfrogs: int
    sizes: Tensor

    def at(self, steps: int) -> Tensor:
        """Interpolate log ε for a walk of `steps` moves, (steps, N)."""
        known, wanted = (np.arange(1, count + 1) / count for count in (len(self.sizes), steps))
        logs = self.sizes.log().cpu().numpy()
        rows = np.stack([np.interp(wanted, known, of) for of in logs.T], axis=1)
        return torch.from_numpy(rows).exp().to(self.sizes)


@dataclass(frozen=True)
class Walk:
    """Log weights of K chains of each of N images, (K, N) in nats, where they end, and the share of moves accepted."""

    log_weights: Tensor
    codes: Tensor
    acceptance: float


def temperatures(steps: int) -> list[float]:
    """Return β_0 … β_steps, from 0 to 1."""
    raw = torch.sigmoid(torch.linspace(-STEEPNESS, STEEPNESS, steps + 1, dtype=torch.float64))
    betas: list[float] = ((raw - raw[0]) / (raw[-1] - raw[0])).tolist()
    return betas


def tune(
    log_likelihood: LogLikelihood, shape: tuple[int, int, int], *, steps: int, leapfrogs: int, rng: torch.Generator
) -> Tuned:
    """Find step sizes by a walk of K chains of each of N images; shape: (K, N, D) of the codes.

    log_likelihood: log p(x|z) in nats of the N images at codes (K, N, D), (K, N).
    """
    for name, value in (("chains", shape[0]), ("images", shape[1]), ("steps", steps), ("leapfrogs", leapfrogs)):
        if value < 1:
            raise InputError(f"annealed importance sampling: {name}: expected at least 1, got {value}")
    here = _prior(log_likelihood, shape, rng)
    step, sizes = first_step_size(here.codes), []
    for beta in temperatures(steps)[1:]:
        moved = move(here, log_likelihood, beta, step.size, leapfrogs, rng)
        here, step = moved.point, step.after(moved.accepted)
        sizes.append(step.size)
    return Tuned(leapfrogs, torch.stack(sizes))


def forward(
    log_likelihood: LogLikelihood, shape: tuple[int, int, int], tuned: Tuned, *, steps: int, rng: torch.Generator
) -> Walk:
    """Walk from the prior to the posterior; the mean of a weight is P(x)."""
    here = _prior(log_likelihood, shape, rng)
    weights, rates = torch.zeros_like(here.log_likelihood), []
    for rise, beta, size in _ladder(tuned, steps):
        weights = weights + rise * here.log_likelihood
        moved = move(here, log_likelihood, beta, size, tuned.leapfrogs, rng)
        here = moved.point
        rates.append(moved.accepted.double().mean())
    return Walk(weights, here.codes, float(torch.stack(rates).mean()))


def backward(log_likelihood: LogLikelihood, codes: Tensor, tuned: Tuned, *, steps: int, rng: torch.Generator) -> Walk:
    """Walk from exact draws of the posterior, (K, N, D), to the prior; the mean of 1 / weight is 1 / P(x)."""
    here = point(codes, log_likelihood)
    weights, rates = torch.zeros_like(here.log_likelihood), []
    for rise, beta, size in reversed(list(_ladder(tuned, steps))):
        moved = move(here, log_likelihood, beta, size, tuned.leapfrogs, rng)
        here = moved.point
        weights = weights + rise * here.log_likelihood
        rates.append(moved.accepted.double().mean())
    return Walk(weights, here.codes, float(torch.stack(rates).mean()))


def lower_bound(walk: Walk) -> Tensor:
    """Return log 1/K Σ w_k of a walk forward, (N,) in nats: at most log P(x) in the mean."""
    return importance_bound(walk.log_weights)


def upper_bound(walk: Walk) -> Tensor:
    """Return −log 1/K Σ 1/w_k of a walk backward, (N,) in nats: at least log P(x) in the mean."""
    return -importance_bound(-walk.log_weights)


def likelihood(walk: Walk, steps: int) -> Likelihood:
    """Give the lower bound of a walk forward as the estimate that it is for images with no exact code."""
    return Likelihood(lower_bound(walk), "estimate", f"AIS, {steps} distributions, {len(walk.log_weights)} chains")


def _prior(log_likelihood: LogLikelihood, shape: tuple[int, int, int], rng: torch.Generator) -> Point:
    return point(torch.randn(shape, generator=rng), log_likelihood)


def _ladder(tuned: Tuned, steps: int) -> Iterator[tuple[float, float, Tensor]]:
    """Give β_t − β_{t−1}, β_t and ε there, (N,), for t = 1 … steps."""
    betas = temperatures(steps)
    for low, high, size in zip(betas[:-1], betas[1:], tuned.at(steps), strict=True):
        yield high - low, high, size

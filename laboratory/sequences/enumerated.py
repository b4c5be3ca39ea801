"""Mean bound of two particles over two steps without chance: quadrature over noises, a sum over ancestors.

Resampled after the first step, on one hidden coordinate: four normal noises, by Gauss-Hermite quadrature, and the four
pairs of ancestors with their probabilities. So the mean of log Ẑ and, by its slope, the gradient that estimates aim at.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import torch
from torch import Tensor

from laboratory.sequences.particles import move
from laboratory.sequences.proposals import Proposal
from laboratory.sequences.spaces import StateSpace

PARTICLES, STEPS = 2, 2


def expected_bound(space: StateSpace, proposal: Proposal, seen: Tensor, *, nodes: int, score: bool = True) -> Tensor:
    """Compute E log Ẑ, differentiable in the proposal. nodes: of each noise.

    score: False holds the ancestors' probabilities fixed, so that the gradient lacks the term of resampling.
    """
    noise, chance = _noises(nodes)
    start = torch.zeros(len(noise), PARTICLES, 1, dtype=torch.float64)
    places, log_w = move(space, proposal, seen, 0, start, noise)
    first, weights = _log_mean(log_w), torch.softmax(log_w, 1)
    second = torch.zeros_like(first)
    for parents in product(range(PARTICLES), repeat=PARTICLES):
        _, later = move(space, proposal, seen, 1, places[:, None, list(parents)], noise)
        picked = weights[:, list(parents)].prod(1)
        second = second + (picked if score else picked.detach()) * (_log_mean(later) @ chance)
    return (first + second) @ chance


def _noises(nodes: int) -> tuple[Tensor, Tensor]:
    """List the noises of a pair of particles, (nodes², 2, 1), and their weights, (nodes²,)."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    pairs = np.stack(np.meshgrid(points, points, indexing="ij"), axis=-1).reshape(-1, PARTICLES, 1)
    chance = np.outer(weights, weights).ravel() / weights.sum() ** 2
    return torch.from_numpy(pairs), torch.from_numpy(chance)


def _log_mean(log_w: Tensor) -> Tensor:
    return torch.logsumexp(log_w, -1) - math.log(PARTICLES)

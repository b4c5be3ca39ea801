"""Gradients of the bound in the proposal: what the score-function term of resampling is worth, and what it costs.

tiny: two particles and two steps, where the exact gradient is had by quadrature (`enumerated`), with the term and
without it. spread: a whole sequence, by number of particles: total variance of one gradient, norm of the mean, and the
distance of the mean from that of the unbiased estimator of less variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench.seeding import torch_rng
from laboratory.sequences import particles
from laboratory.sequences.bounds import chunks, observations
from laboratory.sequences.enumerated import PARTICLES, STEPS, expected_bound
from laboratory.sequences.options import GradientOptions, TinyOptions
from laboratory.sequences.particles import Schedule
from laboratory.sequences.proposals import Proposal, prior
from laboratory.sequences.spaces import StateSpace, linear_gaussian


@dataclass(frozen=True)
class Estimator:
    """Estimate of the gradient. score: with the term of resampling. baseline: the mean of the group's other runs."""

    schedule: Schedule
    score: bool = False
    baseline: bool = False


#: `adaptive` is none of them: its decision to resample jumps in the parameters, which no term accounts for.
ESTIMATORS = {
    "without": Estimator("always"),
    "score": Estimator("always", score=True),
    "baseline": Estimator("always", score=True, baseline=True),
    "iwae": Estimator("never"),
}
UNBIASED = "baseline"  # the estimator that the one without the term is compared with
ERRORS = 3.0  # standard deviations above chance from which on a norm is seen


def gradients(
    space: StateSpace,
    proposal: Proposal,
    seen: Tensor,
    estimator: Estimator,
    *,
    count: int,
    group: int,
    repeats: int,
    rng: torch.Generator,
) -> np.ndarray:
    """Draw independent gradients, each a mean over a group of runs, (repeats, 3 · steps · states).

    In shift, then scale, then log sd.
    """
    parts = []
    for size in chunks(repeats * group, count, group):
        each = proposal.each(size)
        made = particles.run(space, each, seen, estimator.schedule, runs=size, particles=count, rng=rng)
        number = particles.surrogate(made, score=estimator.score, group=group if estimator.baseline else 1)
        found = torch.autograd.grad(number.sum(), each.parameters)
        parts.append(torch.cat([of.flatten(1) for of in found], 1).view(-1, group, 3 * each.shift[0].numel()).mean(1))
    return torch.cat(parts).numpy()


def tiny(options: TinyOptions, group: int, seed: int) -> dict[str, Any]:
    """Compare estimators with the exact gradient of the mean bound, and with the exact mean of that without the term.

    Coordinates are those that the bound depends on: the first drift is 0, so that its scale is none.
    """
    space = linear_gaussian(steps=STEPS, states=1, observed=1, alpha=options.alpha)
    seen = torch.tensor(options.seen, dtype=torch.float64)[:, None]
    names, kept = ["μ₁", "μ₂", "β₂", "log σ₁", "log σ₂"], [0, 1, 3, 4, 5]
    truths = {}
    for key, score in (("exact", True), ("without", False)):
        proposal = prior(space).learned()
        bound = expected_bound(space, proposal, seen, nodes=options.nodes, score=score)
        found = torch.cat([of.flatten() for of in torch.autograd.grad(bound, proposal.parameters)])
        truths[key] = found[kept].tolist()
    rows = {}
    for name, estimator in ESTIMATORS.items():
        if estimator.schedule == "always":
            rng = torch_rng(seed, f"sequences tiny {name}")
            drawn = gradients(
                space, prior(space), seen, estimator, count=PARTICLES, group=group, repeats=options.repeats, rng=rng
            )[:, kept]
            error = drawn.std(axis=0, ddof=1) / len(drawn) ** 0.5
            rows[name] = {"mean": drawn.mean(axis=0).tolist(), "error": error.tolist()}
    return {"names": names, "bound": float(bound.detach()), **truths, "estimators": rows}


def spread(space: StateSpace, name: str, options: GradientOptions, seed: int) -> dict[str, Any]:
    """Measure each estimator at the prior's proposal, where training starts: lists over the numbers of particles."""
    seen, rows = observations(space, name, seed), {key: _row() for key in ESTIMATORS}
    for count in options.counts:
        drawn = {}
        for key, estimator in ESTIMATORS.items():
            rng = torch_rng(seed, f"sequences gradients {key}", count)
            drawn[key] = gradients(
                space,
                prior(space),
                seen,
                estimator,
                count=count,
                group=options.group,
                repeats=options.repeats,
                rng=rng,
            )
        for key, of in drawn.items():
            compared = drawn[UNBIASED] if key == "without" else None
            for column, value in _measured(of, compared).items():
                rows[key][column].append(value)
    return {"space": name, "counts": list(options.counts), "estimators": rows}


def _row() -> dict[str, list[float | None]]:
    return {"variance": [], "signal": [], "bias": [], "apart": []}


def _measured(drawn: np.ndarray, unbiased: np.ndarray | None) -> dict[str, float | None]:
    """Measure gradients: total variance; norm of the mean; norm of the bias and its distance from 0.

    apart: root mean square over coordinates of the difference of means in its standard errors, 1 for equal means.
    """
    variance = drawn.var(axis=0, ddof=1)
    signal = _norm(drawn.mean(axis=0) ** 2, variance / len(drawn))
    found: dict[str, float | None] = {"variance": float(variance.sum()), "signal": signal}
    if unbiased is None:
        return {**found, "bias": None, "apart": None}
    squared = (drawn.mean(axis=0) - unbiased.mean(axis=0)) ** 2
    by_chance = (variance + unbiased.var(axis=0, ddof=1)) / len(drawn)
    moved = by_chance > 0
    apart = float(np.mean(squared[moved] / by_chance[moved]) ** 0.5)
    return {**found, "bias": _norm(squared, by_chance), "apart": apart}


def _norm(squared: np.ndarray, by_chance: np.ndarray) -> float:
    """Estimate a norm from squares of noisy coordinates and their variances; 0 where chance alone gives as much."""
    excess = float((squared - by_chance).sum())
    return excess**0.5 if excess > ERRORS * float((2 * by_chance**2).sum()) ** 0.5 else 0.0


def study(spaces: dict[str, StateSpace], options: GradientOptions, seed: int) -> dict[str, Any]:
    """Study the tiny filter, then one space."""
    return {
        "repeats": options.repeats,
        "group": options.group,
        "tiny": tiny(options.tiny, options.group, seed),
        "spread": spread(spaces[options.space], options.space, options, seed),
    }

"""Proposals learned by each bound from the same start, and all of them measured under each bound.

Naesseth et al. (2018) learn a proposal for one sequence, as here; in Le et al. (2018) and Maddison et al. (2017) a
network gives it for every sequence, and the model is learned beside it. Adam, its rate falling to 0 along a cosine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genbench.seeding import torch_rng
from laboratory.sequences import particles
from laboratory.sequences.bounds import METHODS, moments, observations, sampled
from laboratory.sequences.options import LearningOptions
from laboratory.sequences.particles import Schedule
from laboratory.sequences.proposals import Proposal, prior
from laboratory.sequences.spaces import StateSpace


@dataclass(frozen=True)
class Objective:
    """Bound that a proposal is learned by. score: with the score-function term. single: of one particle each run."""

    schedule: Schedule
    score: bool = False
    single: bool = False


OBJECTIVES = {
    "elbo": Objective("never", single=True),
    **{name: Objective(schedule) for name, schedule in METHODS.items()},
    "aesmc_score": Objective("always", score=True),
}


def learn(
    space: StateSpace, seen: Tensor, objective: Objective, options: LearningOptions, seed: int, purpose: str
) -> tuple[Proposal, list[float]]:
    """Learn a proposal; returns it and the mean bound of each `look` steps of training.

    Each step draws `group` runs of `particles`; an objective of single particles has as many particles in all.
    """
    proposal = prior(space).learned()
    count = 1 if objective.single else options.particles
    runs = options.group * options.particles // count
    optimiser = torch.optim.Adam(proposal.parameters, lr=options.lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, options.steps)
    bounds = []
    for step in range(options.steps):
        rng = torch_rng(seed, f"sequences learning {purpose}", step)
        made = particles.run(space, proposal, seen, objective.schedule, runs=runs, particles=count, rng=rng)
        optimiser.zero_grad()
        loss = -particles.surrogate(made, score=objective.score, group=runs).mean()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
        bounds.append(float(made.log_z.detach().mean()))
    curve = torch.tensor(bounds, dtype=torch.float64).view(-1, options.look).mean(1)
    return Proposal(*(part.detach() for part in proposal.parameters)), curve.tolist()


def study(spaces: dict[str, StateSpace], options: LearningOptions, seed: int) -> dict[str, Any]:
    """Study the spaces, with every objective; a row is measured under each bound, {objective: {bound: moments}}."""
    found = {}
    for name in options.spaces:
        space = spaces[name]
        seen = observations(space, name, seed)
        learned, curves = {"prior": prior(space)}, {}
        for key, objective in OBJECTIVES.items():
            learned[key], curves[key] = learn(space, seen, objective, options, seed, f"{name} {key}")
        found[name] = {
            "exact": float(space.exact(seen).sum()),
            "attainable": space.attainable,
            "curves": curves,
            "measured": {key: _under(space, seen, of, options, seed) for key, of in learned.items()},
        }
    looks = [options.look * (at + 1) for at in range(options.steps // options.look)]
    return {"particles": options.particles, "group": options.group, "looks": looks, "spaces": found}


def _under(
    space: StateSpace, seen: Tensor, proposal: Proposal, options: LearningOptions, seed: int
) -> dict[str, dict[str, float]]:
    """Measure a proposal under each bound, with the same randomness for all proposals."""
    rows = {}
    for method, schedule in METHODS.items():
        rng = torch_rng(seed, f"sequences learned {method}")
        drawn = sampled(space, proposal, seen, schedule, runs=options.test, count=options.particles, rng=rng)
        rows[method] = moments(drawn[-1])
    return rows

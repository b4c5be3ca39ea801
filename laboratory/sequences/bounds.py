"""Bounds by particle filters against the exact log P(y): as particles are added, and as the sequence goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from genbench.seeding import torch_rng
from laboratory.sequences import particles
from laboratory.sequences.options import BoundsOptions
from laboratory.sequences.particles import Schedule
from laboratory.sequences.proposals import Proposal, optimal, prior
from laboratory.sequences.spaces import LinearGaussian, StateSpace

#: By bound: when its filter resamples.
METHODS: dict[str, Schedule] = {"iwae": "never", "fivo": "adaptive", "aesmc": "always"}
#: Particles, of all runs together, that are moved at once.
CHUNK = 16384


def observations(space: StateSpace, name: str, seed: int) -> Tensor:
    """Draw the one sequence of a space that all studies are about, (steps, observed)."""
    return space.simulate(torch_rng(seed, f"sequences data {name}"))


def chunks(runs: int, count: int, group: int = 1) -> Iterator[int]:
    """Split runs of `count` particles into parts of CHUNK particles at most, each of whole groups."""
    size = max(1, CHUNK // (count * group)) * group
    for start in range(0, runs, size):
        yield min(size, runs - start)


@torch.no_grad()
def sampled(
    space: StateSpace,
    proposal: Proposal,
    seen: Tensor,
    schedule: Schedule,
    *,
    runs: int,
    count: int,
    rng: torch.Generator,
) -> Tensor:
    """Draw log estimates of P(y_1 … y_t) from independent filters of `count` particles, (T, runs)."""
    parts = [
        particles.run(space, proposal, seen, schedule, runs=size, particles=count, rng=rng).steps.cumsum(0)
        for size in chunks(runs, count)
    ]
    return torch.cat(parts, dim=1)


def moments(values: Tensor) -> dict[str, float]:
    """Average (runs,) values: mean, its standard error, and the standard deviation of one."""
    sd = float(values.std())
    return {"mean": float(values.mean()), "error": sd / len(values) ** 0.5, "sd": sd}


def proposals(space: StateSpace, seen: Tensor) -> dict[str, Proposal]:
    """List the proposals that are had without learning, by name."""
    best = {"optimal": optimal(space, seen)} if isinstance(space, LinearGaussian) else {}
    return {"prior": prior(space), **best}


def study(spaces: dict[str, StateSpace], options: BoundsOptions, seed: int) -> dict[str, Any]:
    """Study every space: {space: exact, bounds by proposal, method and particles, and gaps along the sequence}."""
    return {
        "counts": list(options.counts),
        "followed": options.followed,
        "spaces": {name: _space(space, name, options, seed) for name, space in spaces.items()},
    }


def _space(space: StateSpace, name: str, options: BoundsOptions, seed: int) -> dict[str, Any]:
    seen = observations(space, name, seed)
    exact = space.exact(seen).cumsum(0)
    rows: dict[str, Any] = {}
    gaps: dict[str, Any] = {}
    for kind, proposal in proposals(space, seen).items():
        for method, schedule in METHODS.items():
            row: dict[str, list[float]] = {"mean": [], "error": [], "sd": []}
            for count in options.counts:
                rng = torch_rng(seed, f"sequences bounds {name} {kind} {method}", count)
                runs = max(2, options.draws // count)
                found = sampled(space, proposal, seen, schedule, runs=runs, count=count, rng=rng)
                for key, value in moments(found[-1]).items():
                    row[key].append(value)
                if (kind, count) == ("prior", options.followed):
                    each = [moments(exact[t] - found[t]) for t in range(space.steps)]
                    gaps[method] = {key: [of[key] for of in each] for key in ("mean", "error")}
            rows.setdefault(kind, {})[method] = row
    size = {"steps": space.steps, "states": space.states, "observed": space.observed}
    return {**size, "truth": space.truth, "exact": float(exact[-1]), "proposals": rows, "gaps": gaps}

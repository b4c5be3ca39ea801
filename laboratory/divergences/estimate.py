"""The variational bound of a trained critic against the exact divergence, between Gaussians near and far.

P = N(δ·e, I) and Q = N(0, I) in D dimensions, e a unit vector: any f-divergence between them depends on δ alone, so
that the exact value is one quadrature on the line, for every D. Three numbers are compared: D_f itself; the bound of
the best critic T = f'(p/q), estimated from N samples, which errs by sampling alone; and that of a critic that was
trained, on samples without end. Where even the best critic is off, no training can help: KL and its like weigh
samples by p/q, whose tail N samples do not reach (McAllester, Stratos 2020).
"""

from __future__ import annotations

import math
from typing import Any

import torch

from genbench.adversarial.adversarial_loss import build as build_loss
from genbench.adversarial.divergences import Divergence
from genbench.options import build as build_member
from genbench.seeding import seeded_initialisation, torch_rng
from laboratory.divergences import catalogue
from laboratory.divergences.bound import Estimate, bound, ideal
from laboratory.divergences.catalogue import Member
from laboratory.divergences.options import EstimateOptions
from laboratory.divergences.points import CriticAlone, Draw, learn
from laboratory.divergences.quadrature import divergence, gaussian


def normal(distance: float, dimension: int, n: int) -> Draw:
    """Make a draw of n points of N(δ·e, I) at a time, (n, 1, 1, D); e has equal coordinates."""
    shift = distance / math.sqrt(dimension)
    return lambda rng: shift + torch.randn(n, 1, 1, dimension, generator=rng)


def best(measure: Divergence, distance: float, n: int, seed: int) -> Estimate:
    """Estimate the best critic's bound from n samples a side: log p/q = δx − δ²/2, x the coordinate along e."""
    rng = torch_rng(seed, "estimate best")
    real, fake = (torch.randn(n, generator=rng, dtype=torch.float64) + shift for shift in (distance, 0.0))
    return ideal(measure, distance * real - distance**2 / 2, distance * fake - distance**2 / 2)


def trained(reference: Member, distance: float, dimension: int, options: EstimateOptions) -> dict[str, Any]:
    """Estimate a trained critic's bound from fresh samples; the record tells whether its training diverged."""
    measure: Divergence = build_member("divergences", reference)
    with seeded_initialisation(options.seed, "estimate"):
        _, critic = build_member("networks", {"name": "mlp", **options.network.model_dump()}, (1, 1, dimension), 1, 1)
    game = build_loss({"name": "fgan", "divergence": reference, "update": "minimax"}, [], critic)
    sides = [normal(shift, dimension, options.batch) for shift in (distance, 0.0)]
    learner = CriticAlone(critic, game, sides[0], sides[1], options.lr)
    done = learn(learner, steps=options.steps, seed=options.seed, ema=options.ema)
    rng = torch_rng(options.seed, "estimate test")
    with torch.no_grad():
        real, fake = (normal(shift, dimension, options.test)(rng) for shift in (distance, 0.0))
        estimated = bound(measure, done.ema.critic(real).squeeze(1), done.ema.critic(fake).squeeze(1))
    nothing = {"value": None, "error": None}
    return {**(nothing if done.progress.diverged else estimated.record()), "diverged": done.progress.diverged}


def study(options: EstimateOptions) -> dict[str, Any]:
    """Study every divergence at every distance, in every dimension."""
    rows = {}
    for name, reference in catalogue.divergences().items():
        measure = build_member("divergences", reference)
        rows[name] = {
            "title": catalogue.title("divergences", reference),
            "module": reference["name"],
            "at_one": measure.at_one,
            "exact": [
                divergence(measure, gaussian(d, 1.0), gaussian(0.0, 1.0), centre=d / 2) for d in options.distances
            ],
            "best": [best(measure, d, options.test, options.seed).record() for d in options.distances],
            "trained": {
                str(dimension): [trained(reference, d, dimension, options) for d in options.distances]
                for dimension in options.dimensions
            },
        }
    return {"distances": options.distances, "dimensions": options.dimensions, "test": options.test, "divergences": rows}

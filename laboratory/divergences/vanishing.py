"""Two narrow distributions moved apart step by step: why the Wasserstein GAN exists.

P = N(0, s²) and Q = N(θ, s²): a generator that has only to find the place. Arjovsky, Bottou (2017), theorem 2.4 and
figures 2 and 3; Arjovsky, Chintala, Bottou (2017), example 1 and figure 2. As the supports part, Jensen-Shannon
saturates at log 4 (twice the usual log 2) and its slope in θ vanishes; Kullback-Leibler grows as θ²/2s², without bound
for narrow s; W1 = |θ| has the slope 1 everywhere. What a generator gets is the slope of a trained critic.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from genbench.adversarial.adversarial_loss import build as build_loss
from genbench.networks import Critic
from genbench.options import build as build_member
from genbench.seeding import seeded_initialisation, torch_rng
from laboratory.divergences import catalogue
from laboratory.divergences.options import PlayedOptions, VanishingOptions
from laboratory.divergences.points import CriticAlone, Draw, learn
from laboratory.divergences.quadrature import divergence, gaussian

DELTA = 1e-3  # of the central differences in θ


def normal(mean: float, sd: float, n: int) -> Draw:
    """Make a draw of n points of N(mean, sd²) at a time, (n, 1, 1, 1)."""
    return lambda rng: mean + sd * torch.randn(n, 1, 1, 1, generator=rng)


def exact(options: VanishingOptions) -> dict[str, Any]:
    """Integrate D_f and its slope in θ at each θ, by quadrature, for every divergence; None where it is infinite."""
    curves = {}
    for name, reference in catalogue.divergences().items():
        measure = build_member("divergences", reference)

        def value(theta: float) -> float:
            log_p, log_q = gaussian(0.0, options.sd), gaussian(theta, options.sd)
            return divergence(measure, log_p, log_q, centre=theta / 2, scale=max(options.sd, theta / 4))  # noqa: B023

        curves[name] = {
            "title": catalogue.title("divergences", reference),
            "module": reference["name"],
            "values": [_finite(value(theta)) for theta in options.thetas],
            "slopes": [_finite((value(t + DELTA) - value(t - DELTA)) / (2 * DELTA)) for t in options.thetas],
        }
    return curves


def trained(name: str, game: PlayedOptions, options: VanishingOptions) -> dict[str, Any]:
    """Train a critic of one game at each θ; returns the slopes that it gives the generator, and its shape at one θ.

    slopes: {θ: [dL_generator/dθ at each of `looks`]}. shape: outputs over `grid`, of the θ that is pictured.
    """
    slopes, shape = {}, None
    for theta in options.critics_at:
        critic, given = _learn(game, theta, options)
        slopes[f"{theta:g}"] = given
        if theta == options.pictured:
            with torch.no_grad():
                shape = [float(v) for v in critic(torch.tensor(grid(options)).view(-1, 1, 1, 1)).flatten()]
    return {"title": name, "slopes": slopes, "shape": shape}


def grid(options: VanishingOptions) -> list[float]:
    """List the points at which a critic is pictured: from 4 sd left of P to 4 sd right of Q."""
    low, high, count = -4 * options.sd, options.pictured + 4 * options.sd, 61
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def _learn(game: PlayedOptions, theta: float, options: VanishingOptions) -> tuple[Critic, list[float | None]]:
    with seeded_initialisation(options.seed, "vanishing"):
        _, critic = build_member("networks", {"name": "mlp", **options.network.model_dump()}, (1, 1, 1), 1, 1)
    rules = build_loss(game.objective, game.penalties, critic)
    real, fake = normal(0.0, options.sd, options.batch), normal(theta, options.sd, options.batch)
    many = normal(0.0, options.sd, options.test)
    slopes: list[float | None] = []

    def look(step: int, learner: CriticAlone) -> None:
        if step not in options.looks:
            return
        rng = torch_rng(options.seed, "vanishing test", step)
        shift = torch.tensor(theta, requires_grad=True)
        moved: Tensor = many(rng) + shift
        (slope,) = torch.autograd.grad(rules.generator_loss(learner.critic, many(rng), moved), shift)
        slopes.append(_finite(float(slope)))

    learner = CriticAlone(critic, rules, real, fake, options.lr)
    done = learn(learner, steps=max(options.looks), seed=options.seed, each_every=min(options.looks), each=look)
    return done.raw.critic, slopes


def study(options: VanishingOptions) -> dict[str, Any]:
    """Study exact curves, the Wasserstein distance among them, and trained critics."""
    return {
        "sd": options.sd,
        "thetas": list(options.thetas),
        "exact": exact(options),
        "wasserstein": {"values": list(options.thetas), "slopes": [1.0 for _ in options.thetas]},
        "looks": list(options.looks),
        "pictured": options.pictured,
        "grid": grid(options),
        "critics": {name: trained(name, game, options) for name, game in options.critics.items()},
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

"""One Gaussian fitted to a mixture under each divergence: Nowozin, Cseke, Tomioka, "f-GAN" (2016), section 4.1.

The truth is had by quadrature: the Gaussian that minimises D_f(P‖Q). Beside it stands what the game finds from
samples alone: a generator μ + σz of two parameters against a critic with two hidden layers of 64 tanh units.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import build as build_loss
from genbench.adversarial.divergences import Divergence
from genbench.adversarial.tricks import Tricks
from genbench.models.gan import GAN
from genbench.networks import Critic
from genbench.options import build as build_member
from genbench.seeding import seeded_initialisation, torch_rng
from laboratory.divergences import catalogue
from laboratory.divergences.bound import bound
from laboratory.divergences.catalogue import Member
from laboratory.divergences.options import UnivariateOptions
from laboratory.divergences.points import Draw, OnPoints, learn
from laboratory.divergences.quadrature import Fit, Mixture, divergence, fit_gaussian, gaussian

WIDTH = 64


class Affine(nn.Module):
    """Generator of codes z (B, 1) to points μ + σz (B, 1, 1, 1)."""

    def __init__(self, mean: float, sd: float) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.tensor(mean))
        self.log_sd = nn.Parameter(torch.tensor(math.log(sd)))

    def forward(self, codes: Tensor) -> Tensor:
        return (self.mean + self.log_sd.exp() * codes).view(-1, 1, 1, 1)


def critic() -> Critic:
    """Make the paper's critic: points (B, 1, 1, 1) to (B, 1)."""
    hidden = [nn.Linear(1, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH), nn.Tanh()]
    return Critic(nn.Sequential(nn.Flatten(), *hidden), nn.Linear(WIDTH, 1))


def samples(target: Mixture, n: int) -> Draw:
    """Make a draw of n points of a mixture at a time, (n, 1, 1, 1)."""
    weights, means, sds = (torch.tensor(part) for part in (target.weights, target.means, target.sds))

    def draw(rng: torch.Generator) -> Tensor:
        which = torch.multinomial(weights, n, replacement=True, generator=rng)
        points = means[which] + sds[which] * torch.randn(n, generator=rng)
        return points.view(-1, 1, 1, 1)

    return draw


def play(reference: Member, target: Mixture, options: UnivariateOptions) -> dict[str, Any]:
    """Fit by samples alone, under the paper's own update; μ̂, σ̂ and the critic are averages over the last steps.

    The record: mean, sd, the bound F on fresh points with its standard error, D_f at (mean, sd), and `diverged`.
    """
    measure: Divergence = build_member("divergences", reference)
    with seeded_initialisation(options.seed, "univariate"):
        networks = (Affine(options.start.mean, options.start.sd), critic())
    game = build_loss({"name": "fgan", "divergence": reference, "update": "minimax"}, [], networks[1])
    gan = GAN(
        (1, 1, 1), networks, game, Tricks([]), 1, options.critic_steps, (options.lr, options.lr), options.betas, "adam"
    )
    trained = learn(
        OnPoints(gan, samples(target, options.batch)), steps=options.steps, seed=options.seed, ema=options.ema
    )
    fitted: GAN = trained.ema.gan
    assert isinstance(fitted.generator, Affine)
    mean, sd = float(fitted.generator.mean), float(fitted.generator.log_sd.exp())
    rng = torch_rng(options.seed, "univariate test")
    with torch.no_grad():
        real, fake = samples(target, options.test)(rng), fitted.generate(options.test, rng)
        estimate = bound(measure, fitted.critic(real).squeeze(1), fitted.critic(fake).squeeze(1))
    diverged = trained.progress.diverged
    return {
        "mean": None if diverged else mean,
        "sd": None if diverged else sd,
        "bound": None if diverged else estimate.record(),
        "value": None if diverged else _finite(divergence(measure, target.log_density, gaussian(mean, sd))),
        "diverged": diverged,
    }


def study(target: Mixture, options: UnivariateOptions) -> dict[str, Any]:
    """Study every divergence: its optima, the global one first, the fit by samples, and both measured by all others.

    cross: {"optimum" or "fit": {of which divergence: {measured by which: excess over that one's own optimum}}}.
    """
    references = catalogue.divergences()
    measures: dict[str, Divergence] = {name: build_member("divergences", ref) for name, ref in references.items()}
    optima = {name: fit_gaussian(measure, target, starts=options.starts) for name, measure in measures.items()}
    fits = {name: play(reference, target, options) for name, reference in references.items()}
    best = {name: fits[0] for name, fits in optima.items()}
    gaussians = {
        "optimum": {name: (fit.mean, fit.sd) for name, fit in best.items()},
        "fit": {name: (fit["mean"], fit["sd"]) for name, fit in fits.items() if not fit["diverged"]},
    }
    return {
        "target": {"weights": list(target.weights), "means": list(target.means), "sds": list(target.sds)},
        "divergences": {
            name: {
                "title": catalogue.title("divergences", references[name]),
                "module": references[name]["name"],
                "optima": [{"mean": fit.mean, "sd": fit.sd, "value": fit.value} for fit in optima[name]],
                "fit": fits[name],
            }
            for name in references
        },
        "cross": {
            kind: {of: excesses(moments, target, measures, best) for of, moments in by.items()}
            for kind, by in gaussians.items()
        },
    }


def excesses(
    moments: tuple[float, float], target: Mixture, measures: dict[str, Divergence], best: dict[str, Fit]
) -> dict[str, float | None]:
    """Subtract its minimum from D_f(P‖N(mean, sd²)), under each divergence; None where it is infinite."""
    log_q = gaussian(*moments)
    values = {name: divergence(measure, target.log_density, log_q) for name, measure in measures.items()}
    return {name: _finite(value - best[name].value) for name, value in values.items()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

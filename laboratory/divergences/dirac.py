"""The Dirac-GAN: Mescheder, Geiger, Nowozin, "Which training methods for GANs do actually converge?" (2018).

Data are the single point 0, the generator makes the single point θ, and the critic is linear, v(x) = ψx + c. Both
follow their gradients, (θ, ψ)' = (−∂L_generator/∂θ, −∂L_critic/∂ψ). The eigenvalues λ of the Jacobian of this field
at the solution θ = ψ = 0 say what happens near it: with Re λ < 0 the game settles at that rate; an imaginary pair
makes it circle for ever. The paper's results, with ρ² the product of both losses' slopes there:

    no penalty           λ = ± iρ                           (lemma 2.3)
    R1 or R2, weight γ   λ = −γ/2 ± √(γ²/4 − ρ²)            (lemma 3.3 and after)
    WGAN-GP              never comes to rest                 (lemma 2.6)

c, which the paper leaves out, is the constant that the objective asks of a critic where both sides are equal: 0 for
all objectives of the paper; without it Kullback-Leibler or least squares would have a critic that is nowhere right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import AdversarialLoss
from genbench.adversarial.objectives import Objective
from genbench.options import build as build_member
from laboratory.divergences import catalogue
from laboratory.divergences.options import DiracOptions

STEP = 1e-5  # of the central differences
FLAT = 1e-6  # what counts as zero among eigenvalues of size 1

Verdict = Literal["settles", "circles", "departs", "stands", "never rests"]


class Line(nn.Module):
    """Critic v(x) = ψx + c; only ψ is learnt."""

    offset: Tensor

    def __init__(self, slope: float, offset: float) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope, dtype=torch.float64))
        self.register_buffer("offset", torch.tensor(offset, dtype=torch.float64))

    def forward(self, points: Tensor) -> Tensor:
        return self.slope * points + self.offset


@dataclass(frozen=True)
class Dirac:
    """Game at c = `offset`. noise: sd of instance noise on either side, as every pair of the points ± sd.

    Two points a side are as good as a normal distribution here: only its second moment enters the Jacobian.
    """

    game: AdversarialLoss
    offset: float
    noise: float = 0.0

    def field(self, theta: float, psi: float) -> np.ndarray:
        """Return the field (θ', ψ') at one point, float64."""
        critic, generated = Line(psi, self.offset), torch.tensor(theta, dtype=torch.float64, requires_grad=True)
        signs = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], dtype=torch.float64)
        pair = self.noise * signs if self.noise else torch.zeros(1, 2, dtype=torch.float64)
        real, fake = torch.split(pair, 1, dim=1)
        fake = generated + fake
        rng = torch.Generator().manual_seed(0)  # wherever penalties draw a point, a line has the same slope
        (down,) = torch.autograd.grad(self.game.critic_loss(critic, real, fake.detach(), rng), [critic.slope])
        (across,) = torch.autograd.grad(self.game.generator_loss(critic, real, fake), [generated])
        return -np.array([float(across), float(down)])

    def jacobian(self) -> np.ndarray:
        """Return the Jacobian (2, 2) of the field at (0, 0), by central differences."""
        ends = [self.field(*(sign * STEP * unit)) for unit in np.eye(2) for sign in (1, -1)]
        return np.stack([(ends[0] - ends[1]), (ends[2] - ends[3])], axis=1) / (2 * STEP)

    def rests(self) -> bool:
        """Return whether the field vanishes towards the solution; (‖∇v‖ − 1)² pushes ψ away however near it is."""
        return all(np.abs(self.field(*point)).max() < 100 * STEP for point in ((0.0, STEP), (0.0, -STEP)))

    def path(self, theta: float, psi: float, *, rate: float, steps: int) -> np.ndarray:
        """Follow alternating gradient descent, the critic first as in training; returns points (steps + 1, 2)."""
        points = [(theta, psi)]
        for _ in range(steps):
            critic = Line(psi + rate * float(self.field(theta, psi)[1]), self.offset)
            self.game.constrain(critic)
            psi = float(critic.slope.detach())
            theta += rate * float(self.field(theta, psi)[0])
            points.append((theta, psi))
        return np.array(points)


def offset(objective: Objective) -> float:
    """Solve for the raw output of a critic where real and generated are the same; 0 where any will do."""

    def slope(value: float) -> float:
        output = torch.tensor([value], dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(objective.critic(output, output), output)
        return float(gradient)

    if abs(slope(0.0)) < 1e-12:
        return 0.0
    reach = 1.0
    while slope(-reach) * slope(reach) > 0:
        reach *= 2
    return float(brentq(slope, -reach, reach, xtol=1e-14))


def verdict(eigenvalues: np.ndarray) -> Verdict:
    """Read off the eigenvalues whether a game settles, circles, departs or stands."""
    real = eigenvalues.real.max()
    if abs(real) > FLAT:
        return "settles" if real < 0 else "departs"
    return "circles" if np.abs(eigenvalues.imag).max() > FLAT else "stands"


def settings(options: DiracOptions) -> dict[str, Mapping[str, Any]]:
    """List what is added to a game, by name: nothing, each penalty, instance noise."""
    added: dict[str, Mapping[str, Any]] = {"nothing": {}}
    added |= {name: {"penalty": penalty} for name, penalty in catalogue.penalties(options.weight).items()}
    return {**added, f"instance noise (sd={options.noise:g})": {"noise": options.noise}}


def dirac(objective: Objective, added: Mapping[str, Any]) -> Dirac:
    """Make the game of an objective in one setting. A Wasserstein critic needs no bound here: it has one slope."""
    penalties = (build_member("penalties", added["penalty"]),) if "penalty" in added else ()
    return Dirac(AdversarialLoss(objective, penalties), offset(objective), added.get("noise", 0.0))


def study(options: DiracOptions) -> dict[str, Any]:
    """Study every objective in every setting, and paths of the chosen ones from the same start."""
    rows = {}
    for name, reference in catalogue.objectives(options.instead).items():
        objective: Objective = build_member("objectives", reference)
        rows[name] = {
            "title": catalogue.title("objectives", reference),
            "offset": offset(objective),
            "games": {key: _record(dirac(objective, added)) for key, added in settings(options).items()},
        }
    shown = {name: build_member("objectives", name) for name in options.paths}
    return {
        "weight": options.weight,
        "objectives": rows,
        "paths": {
            name: {key: _path(dirac(objective, added), options) for key, added in settings(options).items()}
            for name, objective in shown.items()
        },
    }


def _record(game: Dirac) -> dict[str, Any]:
    if not game.rests():
        return {"verdict": "never rests", "eigenvalues": None}
    eigenvalues = np.linalg.eigvals(game.jacobian())
    pairs = [(float(value.real), float(value.imag)) for value in eigenvalues]
    ordered = sorted(pairs, key=lambda pair: (-pair[0], -pair[1]))
    return {"verdict": verdict(eigenvalues), "eigenvalues": [list(pair) for pair in ordered]}


def _path(game: Dirac, options: DiracOptions) -> dict[str, Any]:
    """Follow a path; `rate` is that of its distance from the solution over the second half, per unit of time."""
    points = game.path(*options.start, rate=options.rate, steps=options.steps)
    distances = np.linalg.norm(points, axis=1)
    late = slice(len(distances) // 2, None)
    times = np.arange(len(distances)) * options.rate
    rate = np.polyfit(times[late], np.log(np.maximum(distances[late], 1e-300)), 1)[0]
    return {
        "places": [[round(float(x), 5) for x in point] for point in points],
        "rate": float(rate) if math.isfinite(rate) else None,
        "last": float(distances[late].mean()),
    }

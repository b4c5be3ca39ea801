"""State spaces whose likelihood is known: hidden x_1 … x_T, a Markov chain, and y_t, seen of x_t alone.

    x_t = drift(x_{t−1}) + sd_t · noise,  x_0 = 0;    y_t ~ P(y_t | x_t)

linear_gaussian: y_t are the first coordinates of x_t with noise, and drift(x) = A x with A_ij = α^(|i−j|+1) (Naesseth
et al., "Variational sequential Monte Carlo", 2018). log P(y) by Kalman's filter. stochastic_volatility: x is the
logarithm of the variance of returns y_t, but for a factor (Doucet, Johansen, "A tutorial on particle filtering and
smoothing", 2009). log P(y) by quadrature over its one coordinate (Kitagawa, 1987).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from genbench.errors import InputError, unknown
from genbench.options import Count, Fraction, Positive, checked, name_of

REACH = 8.0  # standard deviations of x that quadrature goes to
SPACING = 0.05  # of its points, in standard deviations of the noise of x


def double(value: float) -> Tensor:
    """Make a number of double precision, (), in which the whole study computes."""
    return torch.tensor(value, dtype=torch.float64)


def log_normal(at: Tensor, mean: Tensor, log_sd: Tensor) -> Tensor:
    """Compute the log density of N(mean, diag sd²): (..., D) each to (...)."""
    z = (at - mean) * torch.exp(-log_sd)
    return (-0.5 * z.square() - log_sd - 0.5 * math.log(2 * math.pi)).sum(-1)


@dataclass(frozen=True)
class StateSpace(ABC):
    """Hidden chain and what is seen of it. steps: T. states, observed: coordinates of x_t and of y_t."""

    steps: int
    states: int
    observed: int

    truth: ClassVar[str]  # the method that log P(y) is known by

    @abstractmethod
    def drift(self, before: Tensor) -> Tensor:
        """Compute the mean of x_t given x_{t−1}: (..., states) to the same."""

    @abstractmethod
    def sd(self, t: int) -> float:
        """Return the standard deviation of every coordinate of x_t given x_{t−1}; t counts from 0."""

    @abstractmethod
    def log_given(self, seen: Tensor, state: Tensor) -> Tensor:
        """Compute log P(y_t | x_t): (observed,) and (..., states) to (...)."""

    @abstractmethod
    def observe(self, state: Tensor, rng: torch.Generator) -> Tensor:
        """Draw y_t, (observed,), of one x_t, (states,)."""

    @abstractmethod
    def exact(self, seen: Tensor) -> Tensor:
        """Compute log P(y_t | y_1 … y_{t−1}) of (steps, observed) observations, (steps,); its sum is log P(y)."""

    @property
    def attainable(self) -> bool:
        """True where some proposal of the study's family is the posterior of whole paths."""
        return False

    def simulate(self, rng: torch.Generator) -> Tensor:
        """Draw y_1 … y_T, (steps, observed) float64."""
        state, seen = torch.zeros(self.states, dtype=torch.float64), []
        for t in range(self.steps):
            noise = torch.randn(self.states, generator=rng, dtype=torch.float64)
            state = self.drift(state) + self.sd(t) * noise
            seen.append(self.observe(state, rng))
        return torch.stack(seen)


@dataclass(frozen=True)
class LinearGaussian(StateSpace):
    """Linear chain seen with noise. transition: A, (states, states). noise, error: sd of x_t and of y_t."""

    transition: Tensor
    noise: float
    error: float

    truth = "Kalman's filter"

    def drift(self, before: Tensor) -> Tensor:
        return before @ self.transition.T

    def sd(self, t: int) -> float:
        return self.noise

    def log_given(self, seen: Tensor, state: Tensor) -> Tensor:
        return log_normal(seen, state[..., : self.observed], double(self.error).log())

    def observe(self, state: Tensor, rng: torch.Generator) -> Tensor:
        return state[: self.observed] + self.error * torch.randn(self.observed, generator=rng, dtype=torch.float64)

    def exact(self, seen: Tensor) -> Tensor:
        emission = torch.eye(self.observed, self.states, dtype=torch.float64)
        added = self.noise**2 * torch.eye(self.states, dtype=torch.float64)
        mean, covariance = torch.zeros(self.states, dtype=torch.float64), added
        found = []
        for y in seen:
            spread = emission @ covariance @ emission.T + self.error**2 * torch.eye(self.observed, dtype=torch.float64)
            news, inverse = y - emission @ mean, torch.linalg.inv(spread)
            found.append(-0.5 * (news @ inverse @ news + torch.logdet(2 * math.pi * spread)))
            gain = covariance @ emission.T @ inverse
            mean = self.transition @ (mean + gain @ news)
            covariance = self.transition @ (covariance - gain @ spread @ gain.T) @ self.transition.T + added
        return torch.stack(found)

    @property
    def attainable(self) -> bool:
        return self.states == 1  # the posterior is a chain of N(a_t + b_t x_{t−1}, c_t²); else b_t is no diagonal


@dataclass(frozen=True)
class StochasticVolatility(StateSpace):
    """Returns y_t ~ N(0, scale² exp(x_t)), where x_t = persistence · x_{t−1} + noise, stationary from the start."""

    persistence: float
    noise: float
    scale: float

    truth = "quadrature"

    def drift(self, before: Tensor) -> Tensor:
        return self.persistence * before

    def sd(self, t: int) -> float:
        return self.noise if t else self.noise / math.sqrt(1 - self.persistence**2)

    def log_given(self, seen: Tensor, state: Tensor) -> Tensor:
        return log_normal(seen, torch.zeros_like(state), math.log(self.scale) + state / 2)

    def observe(self, state: Tensor, rng: torch.Generator) -> Tensor:
        return self.scale * (state / 2).exp() * torch.randn(1, generator=rng, dtype=torch.float64)

    def exact(self, seen: Tensor) -> Tensor:
        end, step = REACH * self.sd(0), SPACING * self.noise
        points = torch.arange(-end, end + step, step, dtype=torch.float64)[:, None]
        moves = log_normal(points[:, None], self.drift(points), double(self.noise).log()).exp() * step  # (to, from)
        density = log_normal(points, torch.zeros_like(points), double(self.sd(0)).log()).exp()
        found = []
        for y in seen:
            joint = density * self.log_given(y, points).exp()
            chance = joint.sum() * step
            found.append(chance.log())
            density = moves @ (joint / chance)
        return torch.stack(found)


def linear_gaussian(
    *, steps: Count, states: Count, observed: Count, alpha: Fraction, noise: Positive = 1.0, error: Positive = 1.0
) -> StateSpace:
    """Make the linear-Gaussian space of A_ij = alpha^(|i−j|+1)."""
    if observed > states:
        raise InputError(f"observed: expected at most the {states} states, got {observed}")
    at = torch.arange(states)
    transition = double(alpha) ** ((at[:, None] - at).abs() + 1)
    return LinearGaussian(steps, states, observed, transition, noise, error)


def stochastic_volatility(*, steps: Count, persistence: Fraction, noise: Positive, scale: Positive) -> StateSpace:
    """Make the space of stochastic volatility."""
    return StochasticVolatility(steps, 1, 1, persistence, noise, scale)


KINDS: dict[str, Callable[..., StateSpace]] = {
    "linear_gaussian": linear_gaussian,
    "stochastic_volatility": stochastic_volatility,
}


def make(reference: str | dict[str, Any], key: str) -> StateSpace:
    """Make a space of {name: one of KINDS, option: value, ...}; key: where it stands, for messages."""
    name = name_of(reference)
    if name not in KINDS:
        raise unknown(f"{key}: space", name, KINDS)
    options = {} if isinstance(reference, str) else {k: v for k, v in reference.items() if k != "name"}
    return KINDS[name](**checked(KINDS[name], options, key))

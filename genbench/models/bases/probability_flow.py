"""Generation along an ordinary differential equation dx/dt = v(x, t), and the likelihood that comes with it.

What flows along v keeps its probability: on the path of a point, d log p(x(t))/dt = −∇·v(x(t), t) (Chen et al. 2018,
theorem 1). So, from an image x at its end of time to what noise z it came from,

    log p(x) = log p(z) + ∫ ∇·v dt,      t from the image's end to the noise's.

The divergence is Hutchinson's estimate e·(∂v/∂x)e with signs e = ±1, drawn once a path, so that the solver meets a
smooth integrand; its mean over e is exact (Grathwohl et al. 2019). Both integrals run through one solver of fixed
steps, and what its steps leave out is the error that makes the number an estimate and not a bound.

A density is brought to the probability of a discrete image by uniform dequantisation
(:func:`genbench.models.bases.likelihood.dequantise`), here on [-1, 1]: models of this kind are trained on
:func:`spread` images and their samples return by :func:`gather`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from genbench.models.bases.likelihood import Likelihood, dequantise

#: v(x, t): states (B, ...) and a time to their rates of change.
Velocity = Callable[[Tensor, float], Tensor]
#: Explicit methods of Runge and Kutta: of first order, two of second, and the classical one of fourth.
Solver = Literal["euler", "midpoint", "heun", "rk4"]

#: Calls of v in one step.
EVALUATIONS: dict[Solver, int] = {"euler": 1, "midpoint": 2, "heun": 2, "rk4": 4}
#: Steps of the method of fourth order from an image to its noise, for a likelihood. Bits per dimension on digits differ
#: from those by 64 steps by 0.0006 and 0.0008 (flow matching, VE-SDE); with 8 steps by 0.002 and 0.006.
LIKELIHOOD_STEPS = 16


def solve(velocity: Velocity, state: Tensor, times: Sequence[float], solver: Solver) -> Tensor:
    """Return the state at the last of `times`, from that at the first, by one step from each time to the next."""
    for start, end in zip(times, times[1:], strict=False):
        step = end - start
        rate = velocity(state, start)
        if solver == "midpoint":
            rate = velocity(state + rate * (step / 2), start + step / 2)
        elif solver == "heun":
            rate = (rate + velocity(state + rate * step, end)) / 2
        elif solver == "rk4":
            second = velocity(state + rate * (step / 2), start + step / 2)
            third = velocity(state + second * (step / 2), start + step / 2)
            rate = (rate + 2 * (second + third) + velocity(state + third * step, end)) / 6
        state = state + rate * step
    return state


def log_density(
    velocity: Velocity, points: Tensor, times: Sequence[float], *, noise_sd: float, rng: torch.Generator
) -> Tensor:
    """Compute log p of points (B, ...), (B,) in nats, where N(0, noise_sd² I) at the last time flows to the first."""
    signs = torch.randint(2, points.shape, generator=rng).to(points) * 2 - 1

    def with_divergence(state: Tensor, time: float) -> Tensor:
        with torch.enable_grad():
            inside = state[:, :-1].reshape(points.shape).requires_grad_()
            rate = velocity(inside, time)
            (slope,) = torch.autograd.grad((rate * signs).sum(), inside)
        return torch.cat([rate.detach().flatten(1), (slope * signs).flatten(1).sum(1, keepdim=True)], dim=1)

    start = torch.cat([points.flatten(1), points.new_zeros(len(points), 1)], dim=1)
    end = solve(with_divergence, start, times, "rk4")
    noise, gained = end[:, :-1], end[:, -1]
    normaliser = noise.shape[1] * math.log(noise_sd * math.sqrt(2 * math.pi))
    return gained - noise.square().sum(1) / (2 * noise_sd**2) - normaliser


def likelihood(
    velocity: Velocity,
    images: Tensor,
    levels: Tensor,
    times: Sequence[float],
    *,
    noise_sd: float,
    draws: int,
    rng: torch.Generator,
) -> Likelihood:
    """Estimate log P of images on the dataset's levels: a mean over `draws` points, with signs of their own."""
    logs = [log_density(velocity, spread(images, levels, rng), times, noise_sd=noise_sd, rng=rng) for _ in range(draws)]
    volume = images[0].numel() * math.log(2 / int(levels))
    method = f"probability flow in {len(times) - 1} steps of fourth order, Hutchinson's trace, uniform dequantisation"
    return Likelihood(torch.stack(logs).mean(0) + volume, "estimate", method)


def spread(images: Tensor, levels: Tensor, rng: torch.Generator) -> Tensor:
    """Draw points of the images' bins in [-1, 1]; a bin is 2 / levels wide."""
    return 2 * dequantise(images, levels, rng) - 1


def gather(points: Tensor, levels: Tensor) -> Tensor:
    """Return the images on grey levels in whose bins points lie, the inverse of :func:`spread`."""
    index = ((points + 1) * (levels / 2)).floor().clamp(min=0).minimum(levels - 1)
    return index * (2 / (levels - 1)) - 1


def steps_between(start: float, end: float, steps: int) -> list[float]:
    """Return the steps + 1 times that divide the way from `start` to `end` evenly."""
    return [start + (end - start) * index / steps for index in range(steps + 1)]

"""A diffusion with each part chosen on its own, EDM: Karras, Aittala, Aila, Laine (2022). Equations are theirs.

An image y gets noise of σ, x = y + n with n ~ N(0, σ² I), and a denoiser D(x; σ) is fitted to y. Inputs and targets of
its network F have unit variance at every σ, and F's errors weigh the least in D (table 1; equations 7 and 8):

    D(x; σ) = c_skip x + c_out F(c_in x, c_noise),     c_skip = σ_d² / (σ² + σ_d²),   c_out = σ σ_d / √(σ² + σ_d²),
                                                       c_in = 1 / √(σ² + σ_d²),       c_noise = ¼ log σ,

where σ_d is the standard deviation of the pixels of the training data, counted in `setup`. The loss is
E λ(σ) ‖D(y + n; σ) − y‖² with λ = 1 / c_out², the squared error of F, and log σ is normal: most of the training goes to
the σ where there is something to learn (section 5).

Generation goes down the grid σ_i = (σ_max^{1/ρ} + i / (N − 1) (σ_min^{1/ρ} − σ_max^{1/ρ}))^ρ, ρ = 7, i < N, and then to
0 (equation 5), along the probability flow dx/dσ = (x − D(x; σ)) / σ (equations 1 and 3): by Euler's method or Heun's
(algorithm 1). With `churn` each step starts with new noise, from σ to σ̂ = σ (1 + γ), γ = min(churn / N, √2 − 1)
(algorithm 2), so that errors of earlier steps are forgotten. The last step, to 0, is Euler's: its end is D(x; σ).

The likelihood is that of :mod:`genbench.models.bases.probability_flow`, from the dequantised image at σ_min to noise at
σ_max, in equal steps of log σ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Batch, Data, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models.bases import probability_flow
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of
from genbench.models.bases.probability_flow import gather, solve, spread, steps_between
from genbench.models.bases.score_matching import require_order
from genbench.networks.blocks.unet import UNet
from genbench.options import Count, Flag, NonNegative, Positive, Real
from genbench.per_image_random import normal_rows

FAMILY = "diffusion"
RHO = 7  # of the grid, section 3 and appendix D.1
MOST = math.sqrt(2) - 1  # γ of a step, by which no step adds more noise than there is (algorithm 2)


class EDM(LikelihoodModel):
    """`network`: F, images c_in x (B, C, H, W) and c_noise (B,) to tensors of the images' shape.

    bounds: σ_min and σ_max. log_normal: mean and standard deviation of log σ in training. `sigma_data`: σ_d.
    """

    sigma_data: Tensor

    def __init__(
        self,
        shape: Shape,
        network: nn.Module,
        bounds: tuple[float, float],
        lr: float,
        log_normal: tuple[float, float] = (-1.2, 1.2),
    ) -> None:
        super().__init__(shape)
        self.network, self._lr, self._log_normal = network, lr, log_normal
        self.low, self.high = bounds
        self.register_buffer("sigma_data", torch.tensor(0.5))

    def groups(self) -> dict[str, ParameterGroup]:
        return {"denoiser": ParameterGroup(list(self.parameters()), self._lr)}

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.sigma_data.fill_(deviation(data))

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = spread(next(batches).images, self.levels, rng)
        mean, sd = self._log_normal
        sigma = (mean + sd * normal_rows(len(images), rng=rng)).exp().to(images.device)
        noise = normal_rows(*images.shape, rng=rng).to(images.device)
        error = (self.denoise(images + sigma.view(-1, 1, 1, 1) * noise, sigma) - images).square().flatten(1).mean(1)
        weight = (sigma.square() + self.sigma_data.square()) / (sigma * self.sigma_data).square()
        yield Update("denoiser", (weight * error).mean())

    def denoise(self, states: Tensor, sigma: Tensor) -> Tensor:
        """Return D(x; σ), the mean of the images that states may come from under noise of σ (B,)."""
        spread_of = sigma.view(-1, 1, 1, 1)
        size = (spread_of.square() + self.sigma_data.square()).sqrt()
        seen: Tensor = self.network(states / size, sigma.log() / 4)
        return (self.sigma_data / size).square() * states + spread_of * self.sigma_data / size * seen

    def velocity(self, states: Tensor, time: float) -> Tensor:
        """Return dx/dσ of the probability flow at σ = `time` > 0."""
        return (states - self.denoise(states, states.new_full((len(states),), time))) / time

    def velocity_of_log(self, states: Tensor, time: float) -> Tensor:
        """Return dx/dτ of the probability flow at τ = log σ."""
        return math.exp(time) * self.velocity(states, math.exp(time))

    def sample(
        self,
        n: int,
        *,
        rng: torch.Generator,
        solver: Literal["euler", "heun"] = "heun",
        steps: Count = 18,
        churn: NonNegative = 0.0,
        churn_from: NonNegative | None = None,
        churn_to: Positive | None = None,
        churn_noise: Positive | None = None,
    ) -> Tensor:
        """Draw images in `steps` steps N; Euler's method calls the network N times, Heun's 2 N − 1 times.

        churn: S_churn, 0 for the deterministic sampler. churn_from, churn_to: the σ between which steps get new noise,
        S_tmin and S_tmax, by default all. churn_noise: S_noise, by default 1. These three are refused without churn.
        """
        within = {"churn_from": churn_from, "churn_to": churn_to, "churn_noise": churn_noise}
        for name, value in within.items():
            if value is not None and not churn:
                raise InputError(
                    f"{name}: expected none beside churn: 0, for it is an option of churn's, got {value:g}"
                )
        first, last = churn_from or 0.0, math.inf if churn_to is None else churn_to
        states = torch.randn(n, *self.shape, generator=rng).to(self.levels.device) * self.high
        for sigma, smaller in pairwise([*grid(self.low, self.high, steps), 0.0]):
            if churn and first <= sigma <= last:
                more = sigma * (1 + min(churn / steps, MOST))
                added = math.sqrt(more**2 - sigma**2) * (1.0 if churn_noise is None else churn_noise)
                states, sigma = states + added * torch.randn(states.shape, generator=rng).to(states), more
            # No slope is known at σ = 0, so the last step is Euler's.
            states = solve(self.velocity, states, [sigma, smaller], solver if smaller else "euler")
        return gather(states, self.levels)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        times = steps_between(math.log(self.low), math.log(self.high), probability_flow.LIKELIHOOD_STEPS)
        return probability_flow.likelihood(
            self.velocity_of_log, images, self.levels, times, noise_sd=self.high, draws=draws, rng=rng
        )


def grid(low: float, high: float, steps: int) -> list[float]:
    """Return the σ that `steps` steps start from, falling from `high`; the last of several starts from `low`."""
    roots = steps_between(high ** (1 / RHO), low ** (1 / RHO), max(1, steps - 1))
    return [root**RHO for root in roots[:steps]]


def deviation(data: Data) -> float:
    """Return the standard deviation of the training pixels, spread over their grey levels' bins in [-1, 1]."""
    counts = torch.zeros(256, dtype=torch.float64)
    for part in torch.split(torch.tensor(data.train.pixels), 1000):
        counts += part.flatten().bincount(minlength=256)
    level = level_of(scale(torch.arange(256, dtype=torch.uint8)), torch.tensor(data.levels))
    middles, shares = (2 * level + 1) / data.levels - 1, counts / counts.sum()
    mean = (shares * middles).sum()
    within = (2 / data.levels) ** 2 / 12  # variance of the uniform distribution on a bin
    return math.sqrt(float((shares * (middles - mean).square()).sum()) + within)


def build(
    shape: Shape,
    *,
    width: Count,
    attention: Flag,
    sigma_min: Positive = 0.002,
    sigma_max: Positive = 80.0,
    log_sigma_mean: Real = -1.2,
    log_sigma_sd: Positive = 1.2,
    lr: Positive,
) -> EDM:
    """Build a model whose denoiser has a U-Net of `width` channels at full size.

    sigma_min, sigma_max: ends of the grid, of samples and of the likelihood. log_sigma_mean, log_sigma_sd: of the
    normal distribution of log σ in training, P_mean and P_std. The defaults are the paper's.
    """
    bounds = require_order(sigma_min, sigma_max)
    network = UNet(shape, width=width, attention=attention)
    return EDM(shape, network, bounds, lr, (log_sigma_mean, log_sigma_sd))

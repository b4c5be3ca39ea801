"""A score model in continuous time, the variance-exploding diffusion of Song et al. (2021).

An image gets noise of σ(t) = σ_min (σ_max / σ_min)^t, by dx = √(dσ²/dt) dw; its score is learnt by denoising
(:mod:`genbench.models.bases.score_matching`). Time is measured by τ = log σ here. With ε(x, σ) = −σ · score there are
two ways back:

- reverse diffusion (equation 46 in appendix E): from σ to a smaller σ′,
  x ← x + (σ² − σ′²) score + √(σ² − σ′²) z,  each followed by `corrections` Langevin steps at σ′, whose size
  2 (snr · √D / ‖score‖)² makes noise and score of a step balance (algorithm 4; √D stands for the norm of the noise);
- the probability flow, dx/dτ = σ ε(x, σ), an ordinary differential equation (equation 13).

Either starts from N(0, σ_max² I), and ends at σ_min with the mean of the images that x may come from, x − σ_min ε.
The likelihood is that of :mod:`genbench.models.bases.probability_flow`, from noise at σ_max to the dequantised image at
σ_min.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models.bases import probability_flow
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel
from genbench.models.bases.probability_flow import gather, solve, spread, steps_between
from genbench.models.bases.score_matching import NoisePredictor, langevin, matching_loss, predicted_noise, ratios
from genbench.options import Count, Flag, Natural, Positive
from genbench.per_image_random import uniform_rows

FAMILY = "diffusion"
SNR = 0.16  # of a correction, the paper's for CIFAR-10


class VESDE(LikelihoodModel):
    """`network`: states and their σ (B,) to the noise in them."""

    def __init__(self, shape: Shape, network: nn.Module, bounds: tuple[float, float], lr: float) -> None:
        super().__init__(shape)
        self.network, self._lr = network, lr
        self.low, self.high = bounds

    def groups(self) -> dict[str, ParameterGroup]:
        return {"score": ParameterGroup(list(self.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = spread(next(batches).images, self.levels, rng)
        times = uniform_rows(len(images), rng=rng).to(images.device)
        yield Update("score", matching_loss(self.network, images, self.low * (self.high / self.low) ** times, rng))

    def velocity(self, states: Tensor, time: float) -> Tensor:
        """Return dx/dτ of the probability flow at τ = log σ."""
        sigma = math.exp(time)
        return sigma * predicted_noise(self.network, states, sigma)

    def sample(
        self,
        n: int,
        *,
        rng: torch.Generator,
        sampler: Literal["diffusion", "flow"] = "diffusion",
        steps: Count = 50,
        corrections: Natural = 0,
        snr: Positive | None = None,
    ) -> Tensor:
        """Draw images in `steps` equal ratios of σ; a last call of the network takes off the noise of σ_min.

        Reverse diffusion calls the network once a step and once a correction; the flow, by Heun's method, twice a step,
        without corrections. snr: of the corrections, by default SNR; refused where there are none.
        """
        if snr is not None and not corrections:
            raise InputError(f"snr: expected none beside corrections: 0, for it is an option of theirs, got {snr:g}")
        states = torch.randn(n, *self.shape, generator=rng).to(self.levels.device) * self.high
        if sampler == "flow":
            if corrections:
                raise InputError(f"corrections: expected 0 beside sampler: flow, got {corrections}")
            states = solve(self.velocity, states, self._times(steps)[::-1], "heun")
        else:
            for sigma, smaller in pairwise(ratios(self.high, self.low, steps)):
                states = self._diffuse(states, sigma, smaller, rng)
                for _ in range(corrections):
                    states = self._correct(states, smaller, SNR if snr is None else snr, rng)
        return gather(states - self.low * predicted_noise(self.network, states, self.low), self.levels)

    def _diffuse(self, states: Tensor, sigma: float, smaller: float, rng: torch.Generator) -> Tensor:
        """Make a reverse step: twice the drift of a Langevin step of the same noise, since the target moves as well."""
        variance = sigma**2 - smaller**2
        drift = -predicted_noise(self.network, states, sigma) / sigma * variance
        return states + drift + math.sqrt(variance) * torch.randn(states.shape, generator=rng).to(states)

    def _correct(self, states: Tensor, sigma: float, snr: float, rng: torch.Generator) -> Tensor:
        score = -predicted_noise(self.network, states, sigma) / sigma
        norm = score.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        step = 2 * (snr * math.sqrt(math.prod(self.shape)) / norm.clamp(min=1e-12)) ** 2
        return langevin(states, score, step, rng)

    def _times(self, steps: int) -> list[float]:
        return steps_between(math.log(self.low), math.log(self.high), steps)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        times = self._times(probability_flow.LIKELIHOOD_STEPS)
        return probability_flow.likelihood(
            self.velocity, images, self.levels, times, noise_sd=self.high, draws=draws, rng=rng
        )


def build(
    shape: Shape, *, width: Count, attention: Flag, sigma_min: Positive, sigma_max: Positive, lr: Positive
) -> VESDE:
    """Build a model of the score for σ from sigma_min to sigma_max, a U-Net of `width` channels at full size."""
    bounds = (sigma_min, sigma_max)
    return VESDE(shape, NoisePredictor(shape, bounds, width=width, attention=attention), bounds, lr)

"""A noise-conditional score network: Song and Ermon (2019), with the choices of Song and Ermon (2020).

Scores of images under noise of σ₁ > … > σ_L, in equal ratios, are learnt by denoising
(:mod:`genbench.models.bases.score_matching`). Annealed Langevin dynamics samples: from σ₁ z, at each scale in turn
`steps` times

    x ← x + a_i s(x, σ_i) + √(2 a_i) z,      a_i = step_size · σ_i²,

and from the last scale to the mean of the images that x may come from, x + σ_L² s(x, σ_L), which takes off the noise
that is left (2020, section 3.5 and algorithm 1). Both papers write a_i as ε σ_i² / σ_L²; here ε is in units of σ_L².

Of the techniques of Song and Ermon (2020), `sigma_max` should be the largest distance of two training images (technique
1), and `step_size` keeps the variance from one scale to the next (technique 4): with γ the ratio of two scales and s
the step size, T steps at a scale of variance σ² leave, of Gaussian noise of γ² σ²,

    (1 − s)^2T (γ² − 2 / (2 − s)) + 2 / (2 − s)

times σ², which should be 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models import Model
from genbench.models.bases.score_matching import NoisePredictor, langevin, matching_loss, predicted_noise, ratios
from genbench.options import Count, Flag, Positive
from genbench.per_image_random import integer_rows

FAMILY = "diffusion"


class NCSN(Model):
    """`network`: states and their σ (B,) to the noise in them. `sigmas`: the scales, falling."""

    def __init__(self, shape: Shape, network: nn.Module, sigmas: list[float], lr: float) -> None:
        super().__init__(shape)
        self.network, self.sigmas, self._lr = network, sigmas, lr

    def groups(self) -> dict[str, ParameterGroup]:
        return {"score": ParameterGroup(list(self.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        index = integer_rows(0, len(self.sigmas), len(images), rng).to(images.device)
        sigmas = torch.tensor(self.sigmas).to(images.device, non_blocking=True)
        yield Update("score", matching_loss(self.network, images, sigmas[index], rng))

    def sample(self, n: int, *, rng: torch.Generator, steps: Count = 4, step_size: Positive | None = None) -> Tensor:
        """Draw images by `steps` calls of the network at each scale, and one at the end.

        step_size: in units of σ²; where it is not given, that which keeps the variance best.
        """
        if step_size is None:
            step_size = best_step(steps, self.sigmas[0] / self.sigmas[1])
        device = next(self.parameters()).device
        states = torch.randn(n, *self.shape, generator=rng).to(device) * self.sigmas[0]
        for sigma in self.sigmas:
            for _ in range(steps):
                score = -predicted_noise(self.network, states, sigma) / sigma
                states = langevin(states, score, step_size * sigma**2, rng)
        last = self.sigmas[-1]
        return (states - last * predicted_noise(self.network, states, last)).clamp(-1, 1)


def variance_left(step_size: float, steps: int, ratio: float) -> float:
    """Variance after `steps` steps at a scale, in its units, of noise that the scale before left, `ratio` times it."""
    settled = 2 / (2 - step_size)
    return (1 - step_size) ** (2 * steps) * (ratio**2 - settled) + settled


def best_step(steps: int, ratio: float) -> float:
    """The step size, of thousandths up to 1, after which the variance is nearest to that of the scale."""
    return min((part / 1000 for part in range(1, 1001)), key=lambda size: abs(variance_left(size, steps, ratio) - 1))


def build(
    shape: Shape,
    *,
    width: Count,
    attention: Flag,
    sigma_min: Positive,
    sigma_max: Positive,
    scales: Count,
    lr: Positive,
) -> NCSN:
    """Build a model of the score at `scales` values of σ, a U-Net of `width` channels at full size."""
    if scales < 2:
        raise InputError(f"scales: expected at least 2, from sigma_max to sigma_min, got {scales}")
    network = NoisePredictor(shape, (sigma_min, sigma_max), width=width, attention=attention)
    return NCSN(shape, network, ratios(sigma_max, sigma_min, scales - 1), lr)

"""Denoising score matching over many scales of noise: Vincent (2011); Song and Ermon (2019).

An image x gets noise, x + σz with z ~ N(0, I), and a network ε(x, σ) is fitted to z. The least squared error is at
ε(x, σ) = −σ ∇ log p_σ(x), p_σ being the density of noisy images: the score, which is all that a sampler by Langevin
dynamics or by a reverse diffusion needs.

For images of unit variance the best linear guess at the noise is σx / (1 + σ²), with an error of 1 / (1 + σ²) in the
mean square. The network is left what this guess leaves, in units of its size, and its errors in these units are
what is minimised: (1 + σ²) ‖ε − z‖², so that no scale outweighs another (the choices of Karras et al. 2022, section
5, for noise prediction; Song and Ermon's weights, equation 6, are without the factor).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks.blocks.unet import UNet
from genbench.per_image_random import normal_rows


class NoisePredictor(nn.Module):
    """ε(x, σ) for images (B, C, H, W) and σ (B,) between two bounds.

    The network sees x / √(1 + σ²), of about the same size for every σ, and log σ as a time in [0, 1].
    """

    def __init__(self, shape: Shape, bounds: tuple[float, float], *, width: int, attention: bool) -> None:
        super().__init__()
        self.low, self.high = require_order(*bounds)
        self.unet = UNet(shape, width=width, attention=attention)

    def forward(self, images: Tensor, sigma: Tensor) -> Tensor:
        size, spread = (1 + sigma.square()).sqrt().view(-1, 1, 1, 1), sigma.view(-1, 1, 1, 1)
        left: Tensor = self.unet(images / size, (sigma / self.low).log() / math.log(self.high / self.low))
        return images * spread / size.square() + left / size


def require_order(low: float, high: float) -> tuple[float, float]:
    """Return the bounds of σ, the lower one first; others are an InputError."""
    if not low < high:
        raise InputError(f"sigma_min, sigma_max: expected the first below the second, got {low:g} and {high:g}")
    return low, high


def matching_loss(predictor: nn.Module, images: Tensor, sigma: Tensor, rng: torch.Generator) -> Tensor:
    """Return the mean of (1 + σ²) ‖ε − z‖² over the pixels, at each image's σ (B,)."""
    noise = normal_rows(*images.shape, rng=rng).to(images.device)
    predicted = predictor(images + sigma.view(-1, 1, 1, 1) * noise, sigma)
    error: Tensor = (predicted - noise).square().flatten(1).mean(1)
    return (error * (1 + sigma.square())).mean()


def predicted_noise(predictor: nn.Module, states: Tensor, sigma: float) -> Tensor:
    """Return ε at one σ for all states x; the score is −ε / σ, and x − σε the mean of the images they may come from."""
    noise: Tensor = predictor(states, states.new_full((len(states),), sigma))
    return noise


def langevin(states: Tensor, score: Tensor, step: float | Tensor, rng: torch.Generator) -> Tensor:
    """Make a step x + step · score + √(2 step) z; repeated, small steps draw from the density of that score."""
    noise = normal_rows(*states.shape, rng=rng).to(states)
    moved: Tensor = states + step * score + (2 * step) ** 0.5 * noise
    return moved


def ratios(high: float, low: float, steps: int) -> list[float]:
    """Return steps + 1 values from `high` to `low` in equal ratios."""
    return [high * (low / high) ** (index / steps) for index in range(steps + 1)]

"""Rate against distortion: how many bits Alice sends of an image, and how far off Bob's picture of it is.

Alice draws a code z from q(z|x) and sends it, Bob decodes it. By bits-back coding (Hinton and van Camp 1993) that costs

    R = E KL(q(z|x) ‖ p(z)) / log 2    bits an image,

and the distortion D is here the mean square of a pixel's error at drawn codes. A VAE with a fixed Gaussian decoder
minimises D / (2 noise²) + β R, up to units, so that β chooses a point of the curve (Alemi et al. 2018, "Fixing a broken
ELBO"), and the size of the code bounds it.

Beside each point stands what a linear code of as many numbers makes of as many bits, if images were Gaussian: the first
principal components, coded by reverse water-filling (Cover and Thomas, theorem 10.3.3). A component of variance λ gets
max(0, ½ log₂(λ / θ)) bits and keeps an error of min(λ, θ); the others keep all of theirs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from scipy.optimize import brentq

from genbench.data.images import Images
from genbench.data.pixels import scale
from genbench.models.vae import VAE, gaussian_kl
from genbench.seeding import torch_rng


@torch.no_grad()
def point(model: VAE, images: torch.Tensor, seed: int) -> dict[str, float]:
    """Measure the bits of the codes of images (N, C, H, W), and the root mean square of a pixel's error."""
    mean, log_sd = model.encoder(images).chunk(2, dim=1)
    codes = mean + log_sd.exp() * torch.randn(mean.shape, generator=torch_rng(seed, "rate"))
    return {
        "bits": float(gaussian_kl(mean, log_sd).double().mean()) / math.log(2),
        "error": float((images - model.decode(codes)).double().square().mean().sqrt()),
    }


def water_filling(variances: np.ndarray, size: int, level: float) -> tuple[float, float]:
    """Return the bits and the total squared error of a linear code; variances: of components, the largest first."""
    coded, rest = variances[:size], variances[size:]
    bits = 0.5 * np.log2(np.maximum(coded / level, 1)).sum()
    return float(bits), float(np.minimum(coded, level).sum() + rest.sum())


def linear_error(variances: np.ndarray, size: int, bits: float) -> float:
    """Return the root mean square of a pixel's error of the linear code of so many bits; variances: (pixels,)."""
    if bits <= 0:
        return math.sqrt(variances.mean())
    top = float(variances[0])
    low = math.log(top) - 2 * bits * math.log(2) - 1  # the largest component alone would have more bits here
    level = math.exp(brentq(lambda at: water_filling(variances, size, math.exp(at))[0] - bits, low, math.log(top)))
    return math.sqrt(water_filling(variances, size, level)[1] / len(variances))


def variances_of(images: Images) -> np.ndarray:
    """Compute the variances of the principal components of images, pixels in [-1, 1], the largest first."""
    flat = images.pixels.reshape(len(images), -1) / 127.5 - 1
    values: np.ndarray = np.linalg.eigvalsh(np.cov(flat, rowvar=False))[::-1]
    return np.maximum(values, 0)


def study(models: Mapping[int, Sequence[VAE]], train: Images, test: Images, seed: int) -> dict[str, Any]:
    """Measure models by the size of their codes; `linear` is the error of a linear code of as many numbers and bits."""
    variances, images = variances_of(train), scale(torch.from_numpy(np.array(test.pixels)))
    sizes: dict[str, list[dict[str, float]]] = {}
    for size, ones in models.items():
        found = [{"beta": model.beta, **point(model, images, seed)} for model in ones]
        sizes[str(size)] = [row | {"linear": linear_error(variances, size, row["bits"])} for row in found]
    return {"images": len(images), "nothing": math.sqrt(variances.mean()), "sizes": sizes}

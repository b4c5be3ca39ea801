"""The codes of a VAE in pictures: reconstructions, ways between images, one coordinate at a time, a plane.

The pictures are those of :mod:`laboratory.likelihood.latent_pictures`; beside them stands what can be counted. A
coordinate is used if its part of KL(q(z|x) ‖ N(0, I)) is more than a hundredth of a nat on average (after Burda et al.
2016, section 5.3, who take the variance of its mean). Halfway between two images lies the mean of their codes, decoded,
and the mean of their pixels: the first should look like an image, and be the more probable under the model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench.data.images import Images
from genbench.data.pixels import quantise, scale
from genbench.models.bases.likelihood import bits_per_dimension
from genbench.models.vae import VAE
from genbench.seeding import torch_rng
from laboratory.likelihood import latent_pictures
from laboratory.likelihood.options import PicturesOptions

USED = 0.01
DRAWS = 64  # codes an image, for bits


@torch.no_grad()
def parts_of_kl(model: VAE, images: Tensor) -> list[float]:
    """Compute KL(q(z|x) ‖ N(0, I)) of each coordinate in nats, the mean over images."""
    mean, log_sd = model.encoder(images).chunk(2, dim=1)
    parts: list[float] = (0.5 * (mean.square() + (2 * log_sd).exp() - 1) - log_sd).mean(0).tolist()
    return parts


def error(model: VAE, images: Tensor) -> float:
    """Compute the root mean square of a pixel's error in reconstructions, where pixels span [-1, 1]."""
    original, back = latent_pictures.reconstructions(model, images)
    return float((original - back).square().mean().sqrt())


@torch.no_grad()
def bits(model: VAE, images: Tensor, seed: int) -> float:
    """Compute the mean bits per dimension of images, rounded to the grey levels."""
    rounded = scale(quantise(images, int(model.levels)))
    likelihood = model.log_likelihood(rounded, draws=DRAWS, rng=torch_rng(seed, "pictures"))
    return float(bits_per_dimension(likelihood.nats.double(), model.shape).mean())


def distinct(images: Images, count: int) -> np.ndarray:
    """Select the indices of `count` images, the classes in turn."""
    seen = np.zeros(len(images), np.int64)
    for label in np.unique(images.labels):
        mine = np.flatnonzero(images.labels == label)
        seen[mine] = np.arange(len(mine))
    return np.lexsort((images.labels, seen))[:count]


def study(
    model: VAE, plane: VAE, test: Images, options: PicturesOptions, seed: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Study codes of all test images; returns the record, and pictures (rows, columns, C, H, W) uint8 of some."""
    every = scale(torch.from_numpy(np.array(test.pixels)))
    images = every[torch.from_numpy(distinct(test, options.images))]
    first, last = images[0::2], images[1::2]
    first = first[: len(last)]
    parts = parts_of_kl(model, every)
    order = sorted(range(model.latent), key=lambda at: -parts[at])
    pictures = {
        "reconstructions": latent_pictures.reconstructions(model, images),
        "reconstructions of two numbers": latent_pictures.reconstructions(plane, images),
        "interpolations": latent_pictures.interpolation(model, first, last, options.columns),
        "traversal": latent_pictures.traversal(model, images[0], options.traversal)[order],
        "plane": latent_pictures.plane(plane, torch.zeros(2), options.side),
    }
    pairs = every[: len(every) // 2 * 2]
    first, second = pairs[0::2], pairs[1::2]
    by_code = latent_pictures.interpolation(model, first, second, 3)[:, 1]
    record = {
        "images": len(every),
        "models": {
            name: {"kl": parts_of_kl(of, every), "error": error(of, every), "noise": of.noise}
            for name, of in (("model", model), ("plane", plane))
        },
        "halfway": {
            "images": bits(model, pairs, seed),
            "code": bits(model, by_code, seed),
            "pixels": bits(model, (first + second) / 2, seed),
            "pairs": len(first),
        },
    }
    return record, {name: quantise(grid, int(model.levels)).numpy() for name, grid in pictures.items()}

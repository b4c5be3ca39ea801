"""Reconstructions: images that go through a model's encoder and its decoder, and the code vectors that they use.

The reconstruction of x is decode(encode(x)). Nothing is drawn: the code of a stochastic encoder is its mean. It is
rounded to the dataset's grey levels, as samples are. Of N images and their reconstructions,

    rFID = FID of the reconstructions against the very images that they are of,
    MSE = E (x − x̂)², a mean over images and over the numbers of an image, whose pixels go from 0 to 1.

rFID is measured like that on images that the model did not learn from in the programs of Esser, Rombach, Ommer (2021,
VQ-GAN) and Lee et al. (2022, RQ-VAE: `compute_rfid.py`). A model that changes nothing has 0 at any N, while FID of
samples has a floor, which is that of other real images. The two do not compare.

Quantised codes are indices of K code vectors, found at each place of each image. With the share p_k of the places,

    use = the share of code vectors with p_k > 0,    perplexity = exp(−Σ p_k log p_k), from 1 to K.

The latter is how evenly the code vectors are used, as in the program of van den Oord, Vinyals, Kavukcuoglu (2017).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.special import entr

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.pixels import quantise, scale
from genbench.metrics import fid

IMAGES = 10_000  # most images that are reconstructed, the first ones of the split
BATCH = 250  # images that a network sees at once


class Reconstructed(NamedTuple):
    """Reconstructions (N, C, H, W) uint8, and the uses (K,) of each code vector; None where codes are not quantised."""

    pixels: np.ndarray
    uses: np.ndarray | None


def reconstructs(model: object) -> bool:
    """Return whether a model has an encoder of images and a decoder of its codes."""
    return hasattr(model, "encode") and hasattr(model, "decode")


@torch.no_grad()
def reconstruct(model: Any, pixels: np.ndarray, levels: int, device: torch.device) -> Reconstructed:
    """Reconstruct images (N, C, H, W) uint8 of a dataset with `levels` grey levels."""
    made, uses = [], None
    for start in range(0, len(pixels), BATCH):
        codes = model.encode(scale(torch.from_numpy(np.array(pixels[start : start + BATCH])).to(device)))
        made.append(quantise(model.decode(codes), levels).cpu().numpy())
        if not codes.is_floating_point():
            used = np.bincount(codes.flatten().cpu().numpy(), minlength=len(model.codebook.vectors))
            uses = used if uses is None else uses + used
    return Reconstructed(np.concatenate(made), uses)


def mean_squared_error(made: np.ndarray, images: np.ndarray) -> float:
    """Compute the mean of (x − x̂)² of images (N, C, H, W) uint8, with pixels from 0 to 1."""
    starts = range(0, len(images), BATCH)
    parts = ((made[start : start + BATCH], images[start : start + BATCH]) for start in starts)
    total = sum(float(np.square(x.astype(np.float64) - y).sum()) for x, y in parts)
    return total / (255**2 * images.size)


def code_book(uses: np.ndarray) -> dict[str, float]:
    """Compute size K, use (0 to 1) and perplexity (1 to K) from the uses (K,) of each code vector."""
    shares = uses / uses.sum()
    return {"size": len(uses), "use": float((uses > 0).mean()), "perplexity": float(np.exp(entr(shares).sum()))}


def measure(
    model: object, see: Callable[[Images], Features], images: Images, levels: int, device: torch.device
) -> dict[str, Any] | None:
    """Measure the reconstructions of at most IMAGES images; None of a model that makes none.

    see: extracts features. Returns n, fid and mse and, where codes are quantised, `codes` with size, use, perplexity.
    """
    if not reconstructs(model):
        return None
    images = images[:IMAGES]
    made, uses = reconstruct(model, images.pixels, levels, device)
    distance = fid.compute(real=see(images), fake=see(Images(made, images.labels)))["fid"]
    scores = {"n": len(images), "fid": distance, "mse": mean_squared_error(made, images.pixels)}
    return scores if uses is None else {**scores, "codes": code_book(uses)}

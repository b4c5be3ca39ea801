"""Three estimates of the probability of an image under a VAE, log P(x) = log E_{N(z; 0, I)} P(x|z), from k codes.

    prior   log 1/k Σ P(x|z_i), z_i ~ N(0, I): naive Monte Carlo. Codes that explain x are rare, and one of them is
            all of the sum;
    IWAE    log 1/k Σ P(x|z_i) p(z_i) / q(z_i|x), z_i ~ q: importance sampling (Burda, Grosse, Salakhutdinov 2016);
    ELBO    1/k Σ log [P(x|z_i) p(z_i) / q(z_i|x)]: the evidence lower bound, whose mean k does not change.

By Jensen's inequality each is at most log P(x) on average. The first two rise with k (theorem 1 there) to log P(x); the
ELBO stays below by KL(q(z|x) ‖ p(z|x)).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench.data.pixels import scale
from genbench.models.bases.likelihood import level_of
from genbench.models.vae import VAE, log_prior_ratio
from laboratory.likelihood.decoders import log_given
from laboratory.likelihood.options import MarginalOptions

#: Codes decoded at once.
CHUNK = 2048


@torch.no_grad()
def prior_weights(model: VAE, images: Tensor, draws: int, rng: torch.Generator) -> Tensor:
    """Compute log P(x|z) of images (N, C, H, W) at codes of the prior that all of them share, (N, draws)."""
    index, parts = level_of(images, model.levels), []
    for part in torch.split(torch.randn(draws, model.latent, generator=rng), CHUNK):
        parts.append(torch.stack([log_given(model, image[None], part) for image in index]))
    return torch.cat(parts, dim=1).double()


@torch.no_grad()
def posterior_weights(model: VAE, images: Tensor, draws: int, rng: torch.Generator) -> Tensor:
    """Compute log P(x|z) p(z) / q(z|x) of images (N, C, H, W) at codes of each image's q, (N, draws)."""
    mean, log_sd = model.encoder(images).chunk(2, dim=1)
    return weights_under(model, images, mean, log_sd, draws, rng)


@torch.no_grad()
def weights_under(model: VAE, images: Tensor, mean: Tensor, log_sd: Tensor, draws: int, rng: torch.Generator) -> Tensor:
    """Compute the same under N(mean, diag exp(log_sd)²), both (N, latent), in place of the encoder's q."""
    index, weights = level_of(images, model.levels), []
    for at, centre, width in zip(index, mean, log_sd, strict=True):
        parts = []
        for noise in torch.split(torch.randn(draws, model.latent, generator=rng), CHUNK):
            codes = centre + width.exp() * noise
            parts.append(log_given(model, at[None], codes) + log_prior_ratio(codes, width, noise))
        weights.append(torch.cat(parts))
    return torch.stack(weights).double()


def log_mean(log_weights: np.ndarray) -> np.ndarray:
    """Compute the log of the mean of exponentials over the last axis."""
    mean: np.ndarray = np.logaddexp.reduce(log_weights, axis=-1) - math.log(log_weights.shape[-1])
    return mean


def estimates(log_weights: np.ndarray, count: int, *, inside: bool) -> np.ndarray:
    """Make independent estimates from `count` codes each, (N, draws) to (N, draws // count).

    inside: the mean is taken inside of the logarithm, as in IWAE, and not outside, as in the ELBO.
    """
    blocks = log_weights[:, : log_weights.shape[1] // count * count].reshape(len(log_weights), -1, count)
    return log_mean(blocks) if inside else blocks.mean(axis=-1)


def summary(log_weights: np.ndarray, counts: list[int], *, inside: bool) -> dict[str, list[float]]:
    """Summarise by number of codes: mean over images, its standard error, and the sd of one image's estimate."""
    rows: dict[str, list[float]] = {"mean": [], "error": [], "sd": []}
    for count in counts:
        each = estimates(log_weights, count, inside=inside)
        variances = each.var(axis=1, ddof=1)
        rows["mean"].append(float(each.mean()))
        rows["error"].append(float(np.sqrt(variances.sum() / each.shape[1]) / len(each)))
        rows["sd"].append(float(np.sqrt(variances.mean())))
    return rows


def study(model: VAE, pixels: np.ndarray, options: MarginalOptions, rng: torch.Generator) -> dict[str, Any]:
    """Study estimators at every number of codes, in nats an image; `best` is IWAE with the codes of all repeats."""
    images = scale(torch.from_numpy(np.array(pixels[: options.images])))
    draws = options.counts[-1] * options.repeats
    prior = prior_weights(model, images, draws, rng).numpy()
    posterior = posterior_weights(model, images, draws, rng).numpy()
    best = log_mean(posterior)
    shares = np.exp(posterior - posterior.max(axis=1, keepdims=True))
    effective = shares.sum(axis=1) ** 2 / (shares**2).sum(axis=1) / draws
    return {
        "counts": options.counts,
        "images": len(images),
        "repeats": options.repeats,
        "draws": draws,
        "dimensions": math.prod(model.shape),
        "estimators": {
            "prior": summary(prior, options.counts, inside=True),
            "iwae": summary(posterior, options.counts, inside=True),
            "elbo": summary(posterior, options.counts, inside=False),
        },
        "best": float(best.mean()),
        "naive": float(log_mean(prior).mean()),
        "effective": float(effective.mean()),
        "each": {"best": best.tolist(), "naive": log_mean(prior).tolist(), "elbo": posterior.mean(axis=1).tolist()},
    }

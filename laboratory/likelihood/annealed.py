"""Likelihood of anything with a decoder, from both sides: Wu, Burda, Salakhutdinov, Grosse (2017).

Annealed importance sampling (:mod:`genbench.models.bases.annealed_importance_sampling`) of a VAE, and of a GAN whose
images are seen through noise (:mod:`laboratory.likelihood.decoders`): of test images, and of as many that the model
itself drew, where the code of each is known and gives a bound from above as well. Between these two lies log P; how far
they are apart says how good the estimate of test images is, as far as these are like the model's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench.data.pixels import scale
from genbench.models.bases import annealed_importance_sampling as ais
from genbench.models.bases.hamiltonian_monte_carlo import LogLikelihood
from genbench.models.bases.likelihood import level_of
from genbench.models.vae import VAE
from genbench.seeding import torch_rng
from laboratory.likelihood.decoders import Decoder, draw, log_given
from laboratory.likelihood.marginal import log_mean, posterior_weights
from laboratory.likelihood.options import AnnealedOptions


def of_images(model: Decoder, index: Tensor) -> LogLikelihood:
    """Make log P(x|z) of grey levels `index` (N, C, H, W) a function of codes (K, N, latent)."""
    return lambda codes: log_given(model, index, codes)


def bounds(
    model: Decoder, index: Tensor, codes: Tensor | None, options: AnnealedOptions, seed: int, purpose: str
) -> dict[str, Any]:
    """Bound log P of grey levels `index` (N, C, H, W) in nats, from above too where the codes (N, latent) are known.

    lower, upper: (numbers of distributions, N). acceptance: of moves, of the last walk from the prior.
    """
    log_likelihood, shape = of_images(model, index), (options.chains, len(index), model.latent)

    def rng(part: str) -> torch.Generator:
        return torch_rng(seed, f"annealed {purpose} {part}")

    tuned = ais.tune(log_likelihood, shape, steps=options.tuning, leapfrogs=options.leapfrogs, rng=rng("tune"))
    lower, upper, acceptance = [], [], math.nan
    for steps in options.steps:
        walk = ais.forward(log_likelihood, shape, tuned, steps=steps, rng=rng(f"forward {steps}"))
        lower.append(ais.lower_bound(walk).numpy())
        acceptance = walk.acceptance
        if codes is not None:
            start = codes.expand(shape)
            back = ais.backward(log_likelihood, start, tuned, steps=steps, rng=rng(f"backward {steps}"))
            upper.append(ais.upper_bound(back).numpy())
    return {"lower": np.array(lower), "upper": np.array(upper), "acceptance": acceptance}


def summary(each: np.ndarray) -> dict[str, list[float]]:
    """Summarise values (rows, N) by their means over images and standard errors of these."""
    return {
        "mean": each.mean(axis=1).tolist(),
        "error": (each.std(axis=1, ddof=1) / math.sqrt(each.shape[1])).tolist(),
    }


def of_model(name: str, model: Decoder, images: Tensor, options: AnnealedOptions, seed: int) -> dict[str, Any]:
    """Study one model on images (N, C, H, W), and on as many of its own."""
    index, codes = draw(model, len(images), torch_rng(seed, f"annealed {name} images"))
    own = bounds(model, index, codes, options, seed, f"{name} own")
    test = bounds(model, level_of(images, model.levels), None, options, seed, f"{name} test")
    return {
        "noise": model.noise,
        "kind": "estimate",
        "method": f"AIS, {options.steps[-1]} distributions, {options.chains} chains",
        "test": summary(test["lower"]) | {"each": test["lower"][-1].tolist()},
        "own": {
            "lower": summary(own["lower"]),
            "upper": summary(own["upper"]),
            "gap": summary(own["upper"] - own["lower"]),
        },
        "acceptance": {"test": test["acceptance"], "own": own["acceptance"]},
        "iwae": _by_encoder(model, images, test["lower"][-1], options, seed) if isinstance(model, VAE) else None,
    }


def _by_encoder(
    model: VAE, images: Tensor, annealed: np.ndarray, options: AnnealedOptions, seed: int
) -> dict[str, float]:
    """Measure the mean of IWAE, and how much more nats an image the annealed estimate has, with its standard error."""
    weights = posterior_weights(model, images, options.codes, torch_rng(seed, "annealed codes"))
    bound = log_mean(weights.numpy())
    more = summary((annealed - bound)[None])
    return {"mean": float(bound.mean()), "more": more["mean"][0], "error": more["error"][0]}


def study(models: Mapping[str, Decoder], pixels: np.ndarray, options: AnnealedOptions, seed: int) -> dict[str, Any]:
    """Study every model on the first of the test images, (N, C, H, W) uint8."""
    images = scale(torch.from_numpy(np.array(pixels[: options.images])))
    return {
        "steps": options.steps,
        "chains": options.chains,
        "leapfrogs": options.leapfrogs,
        "images": len(images),
        "codes": options.codes,
        "dimensions": math.prod(images.shape[1:]),
        "models": {name: of_model(name, model, images, options, seed) for name, model in models.items()},
    }

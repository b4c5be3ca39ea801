"""Detection of images that are none of the model's own: of a class that was left out, and of other kinds.

Detectors are trained without one class. Their score is bits per dimension, large for an improbable image; of a GAN,
less what its critic says. Known to fail: images that are simple, all of one grey, say, are often more probable than the
model's own (Nalisnick et al. 2019), as a likelihood is mostly about how much there is to predict in an image, and in
many dimensions no typical image has to be near the most probable one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from genbench.data.pixels import quantise, scale
from genbench.data.prepared import About
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.models import Model
from genbench.models.bases.likelihood import LikelihoodModel, bits_per_dimension
from genbench.models.gan import GAN
from genbench.seeding import numpy_rng, torch_rng
from laboratory.likelihood.anomaly import auroc
from laboratory.likelihood.fitted import Splits, best, fit, only, without
from laboratory.likelihood.options import AnomalyOptions
from laboratory.metrics import distort

#: Quantiles of scores that the page shows.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def others(about: About, of: Splits, label: int, options: AnomalyOptions, seed: int) -> dict[str, np.ndarray]:
    """Make sets of uint8 pixels, all on the dataset's grey levels: `own` test images first, then other kinds.

    held_out: every image of the class that was left out, as no model saw any.
    """
    own = without(of["reference"], label)
    rng = numpy_rng(seed, "anomalies")
    levels = np.round(np.arange(about.levels) * 255 / (about.levels - 1)).astype(np.uint8)
    left_out = np.concatenate([only(images, label).pixels for images in of.values()])
    if not len(own) or not len(left_out):
        raise InputError(f"anomaly.without: expected the label of some images and not of all, got {label}")
    blurred = distort.blur(own, options.blur, rng=rng, train=of["train"])
    dimmed = ((1 - options.dimmed) * own.pixels).round().astype(np.uint8)
    even = np.ascontiguousarray(np.broadcast_to(levels[:, None, None, None], (len(levels), *about.shape)))
    return {
        "own": own.pixels,
        "held_out": left_out,
        "inverted": _on_levels(255 - own.pixels, about.levels),
        "blurred": _on_levels(blurred.pixels, about.levels),
        "dimmed": _on_levels(dimmed, about.levels),
        "shuffled": _shuffled(own.pixels, rng),
        "noise": levels[rng.integers(len(levels), size=own.pixels.shape)],
        "constant": even[1:],
        "black": even[:1],
    }


def _on_levels(pixels: np.ndarray, levels: int) -> np.ndarray:
    return quantise(scale(torch.from_numpy(np.array(pixels))), levels).numpy()


def _shuffled(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shuffle each image's pixels in an order of its own: the same grey levels, and no shape."""
    return rng.permuted(pixels.reshape(len(pixels), -1), axis=1).reshape(pixels.shape)


@torch.no_grad()
def scores(model: Model, pixels: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Score images, (N,), larger where the model finds them stranger: bits per dimension, or less a critic's output."""
    images = scale(torch.from_numpy(np.array(pixels)))
    if isinstance(model, GAN):
        return -model.critic(images)[:, 0].double().numpy()
    assert isinstance(model, LikelihoodModel)  # `kind` has refused all else
    likelihood = model.log_likelihood(images, draws=draws, rng=torch_rng(seed, "anomaly"))
    return bits_per_dimension(likelihood.nats.double(), model.shape).numpy()


def kind(model: Model) -> str:
    """Name the kind of a score: of a likelihood, or "critic"."""
    if isinstance(model, GAN):
        return "critic"
    if not isinstance(model, LikelihoodModel):
        raise InputError(
            f"anomaly.detectors: expected models with a likelihood or a critic, got {type(model).__name__}"
        )
    with torch.no_grad():
        return model.log_likelihood(torch.zeros(1, *model.shape), draws=1, rng=torch_rng(0, "kind")).kind


def study(
    about: About, of: Splits, label: int, options: AnomalyOptions, budget: TrainOptions, seed: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Study detectors that never saw one class; returns areas and scores of each set, and some images of each."""
    sets = others(about, of, label, options, seed)
    seen = {name: without(images, label) for name, images in of.items()}
    rows = {}
    for name, half in options.detectors.items():
        model = best(fit(half, budget, about, seen, seed=seed, key=f"anomaly.detectors.{name}"))
        score_kind = kind(model)
        by = {which: scores(model, pixels, options.draws, seed) for which, pixels in sets.items()}
        if any(not np.isfinite(values).all() for values in by.values()):
            raise InputError(f"anomaly.detectors.{name}: expected finite scores")
        rows[name] = {
            "kind": score_kind,
            "auroc": {which: auroc(own=by["own"], anomalous=of) for which, of in by.items() if which != "own"},
            "quantiles": {which: np.quantile(of, QUANTILES).tolist() for which, of in by.items()},
        }
    counts = {which: len(pixels) for which, pixels in sets.items()}
    record = {"label": label, "counts": counts, "dimensions": math.prod(about.shape), "detectors": rows}
    return record, {which: _some(pixels) for which, pixels in sets.items()}


def _some(pixels: np.ndarray, count: int = 6) -> np.ndarray:
    return pixels[np.linspace(0, len(pixels) - 1, count).astype(np.int64)]

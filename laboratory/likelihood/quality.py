"""Likelihood against the quality of images: every run of the benchmark, and models that are made to mislead.

Theis, van den Oord, Bethge, "A note on the evaluation of generative models" (2016): a mixture of 1 % of a model with
99 % noise loses at most log 100 nats (:mod:`~laboratory.likelihood.mixture`); a memoriser draws perfect images
and gives test images next to no probability (:mod:`~laboratory.likelihood.memory`); and Parzen windows, which
guess a likelihood from samples, prefer centres of clusters to the data's own images
(:mod:`~laboratory.likelihood.parzen`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.engine.learner import Data
from genbench.engine.sampling import draw
from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.metrics import fid
from genbench.models import Model
from genbench.models.bases.likelihood import LikelihoodModel, measure
from genbench.seeding import numpy_rng, torch_rng
from laboratory.likelihood.fitted import Splits
from laboratory.likelihood.memory import Memory
from laboratory.likelihood.mixture import Mixture
from laboratory.likelihood.options import QualityOptions
from laboratory.likelihood.parzen import parzen

Ruler = Callable[[Images], Features]

#: Image sizes that the mixture's loss is stated for, beside the dataset's own.
SIZES = ((1, 28, 28), (3, 32, 32))
BATCH = 180


def cells(root: Path, runs: Sequence[str], seeds: Sequence[int], extractor: str) -> list[dict[str, Any]]:
    """Read a row for each run: bits per dimension, their kind, and FID, a value for each finished seed."""
    rows = []
    for run in runs:
        row: dict[str, Any] = {"run": run, "kind": None, "bits": [], "fid": []}
        for seed in seeds:
            scores, bits = root / f"metrics/{run}/{seed}-{extractor}.json", root / f"likelihood/{run}/{seed}.json"
            for path in (scores, bits):
                if not path.is_file():
                    raise InputError(f"{path}: no such file; `make bench` scores run {run!r}, seed {seed}")
            record, likelihood = read_json(scores), read_json(bits)
            if not record["diverged"] and "fid" in record["metrics"]:
                row["fid"].append(record["metrics"]["fid"])
                if likelihood:
                    row["kind"] = likelihood["kind"]
                    row["bits"].append(likelihood["bits_per_dimension"])
        rows.append(row)
    return rows


def mixture(
    base: LikelihoodModel, real: Images, score: Callable[[Model], float], options: QualityOptions
) -> dict[str, Any]:
    """Measure a model alone and 1 % of it in noise: bits, FID, the loss in nats, its bound at several image sizes."""
    rows = {}
    for name, model in (("base", base), ("mixture", Mixture(base, options.share))):
        # the same random codes for both, so that their difference is not of chance
        bits = measure(model, real.pixels, draws=options.draws, batch=BATCH, rng=torch_rng(0, "quality draws"))
        rows[name] = {"bits": bits["bits_per_dimension"], "kind": bits["kind"], "fid": score(model)}
    bound = -math.log(options.share)
    nats = math.log(2) * math.prod(base.shape)
    return {
        **rows,
        "share": options.share,
        "loss": (rows["mixture"]["bits"] - rows["base"]["bits"]) * nats,
        "bound": bound,
        "sizes": {
            "×".join(map(str, shape)): bound / (math.log(2) * math.prod(shape)) for shape in (base.shape, *SIZES)
        },
    }


def memoriser(
    data: Data, real: Images, score: Callable[[Model], float], slips: Sequence[float]
) -> list[dict[str, float]]:
    """Measure by chance of a slip: bits of training images and of test images, and FID of samples."""
    rows = []
    for slip in sorted(slips):
        model = Memory(data.train.shape, slip)
        model.setup(data, torch_rng(0, "memory"))
        bits = {
            name: measure(model, images.pixels, draws=1, batch=BATCH, rng=torch_rng(0, "memory"))["bits_per_dimension"]
            for name, images in (("train", data.train), ("test", real))
        }
        rows.append({"slip": slip, **bits, "fid": score(model)})
    return rows


def windows(samples: dict[str, np.ndarray], of: Splits, bandwidths: Sequence[float]) -> dict[str, dict[str, Any]]:
    """Estimate nats of the reference split by Parzen windows, by what the windows stand on."""
    vectors = {name: flat(of[name].pixels) for name in ("validation", "reference")}
    rows = {}
    for name, points in samples.items():
        estimate = parzen(
            points, validation=vectors["validation"], test=vectors["reference"], bandwidths=list(bandwidths)
        )
        rows[name] = {
            "nats": estimate.nats.value,
            "error": estimate.nats.error,
            "bandwidth": estimate.bandwidth,
            "at_end": estimate.at_end,
            "samples": len(points),
        }
    return rows


def flat(pixels: np.ndarray) -> np.ndarray:
    """Flatten (N, C, H, W) uint8 to (N, D) in [0, 1]."""
    return pixels.reshape(len(pixels), -1) / 255


def centres(vectors: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Find the centres of k-means on training vectors, (count, D)."""
    centres: np.ndarray = KMeans(count, n_init=1, random_state=seed).fit(vectors).cluster_centers_
    return centres


def study(
    about: About,
    of: Splits,
    models: dict[str, Model],
    ruler: Ruler,
    options: QualityOptions,
    seed: int,
) -> dict[str, Any]:
    """Study the constructed cases; models: `base` of the mixture, and `gan` whose samples windows stand on."""
    real = of["reference"]
    reference = ruler(real)

    def sampled(model: Model, count: int) -> Images:
        return draw(model, count, batch=BATCH, levels=about.levels, seed=seed, options={})

    def score(model: Model) -> float:
        drawn = ruler(sampled(model, options.images))
        return fid.compute(real=reference, fake=drawn)["fid"]

    base = models["base"]
    if not isinstance(base, LikelihoodModel):
        raise InputError(f"quality.model: expected a model that has a likelihood, {options.model} has none")
    data = Data(of["train"], of["validation"], of["held_out"], about.levels, about.classes)
    train = flat(of["train"].pixels)
    count = options.windows
    if count > min(len(train), len(of["held_out"])):
        fewest = min(len(train), len(of["held_out"]))
        raise InputError(f"quality.windows: expected at most the {fewest} images of train or held_out, got {count}")
    chosen = numpy_rng(seed, "windows").choice(len(train), count, replace=False)
    return {
        "dimensions": math.prod(about.shape),
        "levels": about.levels,
        "mixture": mixture(base, real, score, options),
        "memoriser": memoriser(data, real, score, options.slips),
        "windows": windows(
            {
                "centres of k-means": centres(train, count, seed),
                "training images": train[chosen],
                "held-out images": flat(of["held_out"].pixels[:count]),
                "samples of the GAN": flat(sampled(models["gan"], count).pixels),
                "samples of the model": flat(sampled(base, count).pixels),
            },
            of,
            options.bandwidths,
        ),
    }

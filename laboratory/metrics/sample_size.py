"""Each metric against the number of images, of two models of which one is known to be better.

The better one is real images themselves, the worse one the same images distorted; both are measured against N other
real images. Real images are few, so the same is done for Gaussian twins of both (:mod:`.twins`), of which there are
as many as one wants and whose true distances are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from tqdm import tqdm

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.errors import InputError
from genbench.evaluation.scores import evaluate
from genbench.seeding import numpy_rng
from laboratory.metrics import distort
from laboratory.metrics.distortions import Row, Ruler, applicable, rows_of
from laboratory.metrics.options import Metrics, SampleSizeOptions
from laboratory.metrics.twins import truth, twin

MODELS = ("real", "spoilt")


def measure(pool: Images, ruler: Ruler, options: SampleSizeOptions) -> dict[str, Any]:
    """Measure both models: {images, twins: rows {model, n, repeat, metrics}, truth: {model: {key: number}}}.

    A number is missing where its metric refuses so few images.
    """
    if 2 * max(options.counts) > len(pool):
        raise InputError(f"sample_size.counts: two sets of {max(options.counts)} are more than {len(pool)} images")
    spoilt = distort.named(options.distortion)(pool, options.strength, rng=numpy_rng(0, "sample size"), train=pool)
    if len(spoilt) != len(pool):
        raise InputError(f"sample_size.distortion: expected one that drops no images, got {options.distortion!r}")
    features = {"real": ruler(pool), "spoilt": ruler(spoilt)}
    twins = {model: twin(of.vectors) for model, of in features.items()}
    return {
        "images": list(_of_images(features, options)),
        "twins": list(_of_twins(twins, options)),
        "truth": {model: truth(twins["real"], of) for model, of in twins.items()},
        "dimensions": features["real"].vectors.shape[1],
    }


def _of_images(features: dict[str, Features], options: SampleSizeOptions) -> Iterator[Row]:
    metrics = applicable(options.metrics, features["real"])
    for repeat in tqdm(range(options.repeats), desc="images", unit="repeat"):
        order = numpy_rng(repeat, "sample size").permutation(len(features["real"]))
        for n in options.counts:
            reference = rows_of(features["real"], order[:n])
            for model in MODELS:
                values = possible(reference, rows_of(features[model], order[-n:]), metrics, repeat)
                yield {"model": model, "n": n, "repeat": repeat, "metrics": values}


def _of_twins(twins: dict[str, Any], options: SampleSizeOptions) -> Iterator[Row]:
    for repeat in tqdm(range(options.repeats), desc="twins", unit="repeat"):
        for n in options.twins:
            real = Features(twins["real"].draw(n, numpy_rng(repeat, "twin reference", n)))
            for model in MODELS:
                fake = Features(twins[model].draw(n, numpy_rng(repeat, f"twin {model}", n)))
                values = possible(real, fake, options.twin_metrics, repeat)
                yield {"model": model, "n": n, "repeat": repeat, "metrics": values}


def possible(
    real: Features,
    fake: Features,
    metrics: Metrics,
    seed: int,
    *,
    train: Features | None = None,
    held_out: Features | None = None,
) -> dict[str, float]:
    """Measure the sets by all metrics that don't refuse them."""
    values: dict[str, float] = {}
    for name, chosen in metrics.items():
        try:
            one = {name: chosen}
            values |= evaluate(real=real, fake=fake, train=train, held_out=held_out, metrics=one, seed=seed)
        except InputError:
            continue
    return values


def by_count(rows: list[Row], model: str, key: str) -> dict[int, np.ndarray]:
    """Collect a number by n: {n: values over repeats}, ascending in n; without those that are missing."""
    by_n: dict[int, list[float]] = {}
    for row in rows:
        if row["model"] == model and key in row["metrics"]:
            by_n.setdefault(row["n"], []).append(row["metrics"][key])
    return {n: np.array(by_n[n]) for n in sorted(by_n)}

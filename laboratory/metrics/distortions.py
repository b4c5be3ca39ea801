"""Every metric on real images that were spoilt on purpose.

Real images that neither a model nor the classifier learned from are divided at random into a reference, a source and
held-out ones, once for each repeat. The source plays the generator: untouched (strength 0) it is a perfect model, and
what a metric says then, over the repeats, is how far it moves by chance alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from tqdm import tqdm

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.errors import InputError
from genbench.evaluation.scores import evaluate
from genbench.seeding import numpy_rng
from laboratory.metrics import distort
from laboratory.metrics.options import DistortionOptions, Parts

#: Metrics that need a classifier; a ruler without one goes without them.
OF_PROBABILITIES = ("inception_score", "inception_factors", "class_modes")

Ruler = Callable[[Images], Features]
Row = dict[str, Any]


def measure(pool: Images, train: Images, ruler: Ruler, options: DistortionOptions) -> list[Row]:
    """Measure rows {kind, strength, repeat, metrics: {key: number}}; kind "" and strength 0 are untouched images."""
    of_pool, of_train = ruler(pool), ruler(train)
    metrics = applicable(options.metrics, of_pool)
    rows = []
    for repeat in tqdm(range(options.repeats), unit="repeat"):
        parts = dealt(pool.labels, options.images, numpy_rng(repeat, "parts"))
        source = pool[parts["source"]]
        for kind, strength in cases(options):
            fake = spoilt(source, kind, strength, train, options.images.fake, repeat)
            values = evaluate(
                real=rows_of(of_pool, parts["reference"]),
                fake=ruler(fake),
                train=of_train,
                held_out=rows_of(of_pool, parts["held_out"]),
                metrics=metrics,
                seed=repeat,
            )
            rows.append({"kind": kind, "strength": strength, "repeat": repeat, "metrics": values})
    return rows


def cases(options: DistortionOptions) -> Iterator[tuple[str, float]]:
    """Yield (kind, strength), untouched images first."""
    yield "", 0.0
    for kind, strengths in options.strengths.items():
        yield from ((kind, strength) for strength in strengths)


def spoilt(source: Images, kind: str, strength: float, train: Images, n: int, repeat: int) -> Images:
    """Distort a source and take n images; what is left to chance is the same for every strength."""
    source = source[numpy_rng(repeat, "order").permutation(len(source))]
    left = distort.named(kind)(source, strength, rng=numpy_rng(repeat, kind), train=train) if kind else source
    if len(left) < n:
        raise InputError(f"distortions.{kind}: {strength:g} leaves {len(left)} images, expected at least {n}")
    return left[:n]


def dealt(labels: np.ndarray, parts: Parts, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Deal the indices of disjoint random parts in which every class has its share, to within an image or so."""
    sizes = {"reference": parts.reference, "source": parts.source, "held_out": parts.held_out}
    left = rng.permutation(len(labels))
    left = left[np.argsort(labels[left], kind="stable")]
    if sum(sizes.values()) > len(left):
        raise InputError(f"images: {' + '.join(map(str, sizes.values()))} are more than the {len(left)} there are")
    dealt = {}
    for name, size in sizes.items():
        # evenly spaced over what is left in the order of classes
        chosen = np.diff(np.arange(len(left) + 1) * size // len(left)) > 0
        dealt[name], left = left[chosen], left[~chosen]
    return dealt


def rows_of(features: Features, index: np.ndarray) -> Features:
    """Select rows of a set of features and keep its protocol."""
    return Features(
        vectors=features.vectors[index],
        probs=None if features.probs is None else features.probs[index],
        labels=None if features.labels is None else features.labels[index],
        protocol=features.protocol,
    )


def applicable(metrics: dict[str, dict[str, Any]], features: Features) -> dict[str, dict[str, Any]]:
    """Select the metrics that a ruler can serve."""
    return {name: o for name, o in metrics.items() if features.probs is not None or name not in OF_PROBABILITIES}

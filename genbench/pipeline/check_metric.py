"""Check of a metric's options against the numbers of images: the metric itself is asked, of random features.

A metric refuses a k, a number of groups or splits or images of a class that its images are too few for, each in its own
way. So it is computed once of features of three dimensions, as many as a split has. It may refuse these for another
reason; then it refuses many of them as well, and nothing follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from genbench.data.features import FeatureProtocol, Features
from genbench.data.known import Known
from genbench.errors import InputError
from genbench.find import find
from genbench.metrics import NotGivenError, is_truth, of_pairs, used
from genbench.seeding import numpy_rng

MANY = 500  # images of a split; fewer than that are what options may not suit
DIMENSIONS = 3
SPLIT = {"real": "reference", "fake": "reference", "train": "train", "held_out": "held_out"}  # blocks of equal size


def check_metric(name: str, options: Mapping[str, Any], data: Known) -> None:
    """Raise an InputError for options that do not suit splits this small, and for scores of pairs without pairs."""
    if of_pairs(find("metrics", name).compute, f"metrics.{name}"):
        if data.pairs == "none":
            raise InputError(
                f"metrics.{name}: expected a dataset of pairs, for it compares translations with their true targets; "
                "data.pairing makes them"
            )
        return
    if data.counts is None or data.counts["reference"] >= MANY:
        return
    if is_truth(find("metrics", name).compute, f"metrics.{name}"):  # it takes images, not any features
        _check_truth(name, data.counts["reference"])
        return
    if (refusal := _refusal(name, options, data, False)) and _refusal(name, options, data, True) is None:
        raise InputError(
            f"metrics.{name}: {refusal} (data.split: {data.counts['reference']} images in the split reference)"
        )


def _check_truth(name: str, images: int) -> None:
    """Raise an InputError for fewer images in the split reference than a truth says that it needs."""
    least = getattr(find("metrics", name), "LEAST", 0)
    if images < least:
        raise InputError(
            f"metrics.{name}: needs at least {least} images in the split reference (data.split), got {images}"
        )


def _refusal(name: str, options: Mapping[str, Any], data: Known, many: bool) -> InputError | None:
    """Return the refusal of as many images as the splits have, or MANY."""
    for generous in (False, True):  # a model may make too few of a class, which is a dash; then the real ones count
        given = _given(name, data, many, generous)
        try:
            find("metrics", name).compute(**given, **options)
        except NotGivenError:
            continue
        except InputError as error:
            return error
        return None
    return None


def _given(name: str, data: Known, many: bool, generous: bool) -> dict[str, Any]:
    rng = numpy_rng(0, "check")
    given: dict[str, Any] = {}
    for each in used(find("metrics", name).compute, f"metrics.{name}"):
        more = many or generous and each == "fake"
        given[each] = rng if each == "rng" else _features(SPLIT[each], data, more, rng)
    return given


def _features(split: str, data: Known, many: bool, rng: np.random.Generator) -> Features:
    """Return random features, as many of each class as a split has, or MANY."""
    few = (data.by_class or {}).get(split) or _halves((data.counts or {})[split])
    counts = [MANY] * min(len(few), 10) if many else few
    labels = np.repeat(np.arange(len(counts)), np.minimum(counts, MANY))
    vectors = rng.normal(size=(len(labels), DIMENSIONS)).astype(np.float32)
    probs = rng.dirichlet(np.ones(len(counts)), size=len(labels)).astype(np.float32)
    return Features(vectors, probs, labels if data.classes else None, protocol=FeatureProtocol("pixels"))


def _halves(count: int) -> list[int]:
    return [count - count // 2, count // 2]

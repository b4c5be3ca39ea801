"""Accuracy by class of a classifier that learnt from a training set, on real images that nothing learnt from."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.extractors.classifier import load
from genbench.extractors.origins import train as judge
from laboratory.balance.options import ClassifierOptions


def by_class(shown: Images, tested: Images, about: About, options: ClassifierOptions, seed: int) -> list[float]:
    """Train a classifier on images; returns the shares of tested images of each class that it answers rightly."""
    with TemporaryDirectory() as folder:
        judge.obtain(
            Path(folder) / "weights.safetensors",
            {"train": shown},
            about,
            features=options.features,
            steps=options.steps,
            batch=options.batch,
            lr=options.lr,
            seed=seed,
        )
        found = load(Path(folder))(tested.pixels).probs
    assert found is not None
    right = found.argmax(1) == tested.labels
    return [float(right[tested.labels == label].mean()) for label in range(len(about.classes))]


def parts(accuracies: list[float], rare: int) -> dict[str, float]:
    """Average accuracies by class over the rare ones, which come last, the others, and all."""
    return {
        "rare": float(np.mean(accuracies[-rare:])),
        "others": float(np.mean(accuracies[:-rare])),
        "all": float(np.mean(accuracies)),
    }

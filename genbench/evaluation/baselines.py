"""Features that nobody learnt for images, or learnt with their classes: what others are compared with.

Pixels; the first principal components of the training images; a convolutional network with random weights.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch

from genbench.data.images import Images
from genbench.evaluation.representation import IMAGES, accuracies, vectors
from genbench.extractors.classifier import Classifier
from genbench.seeding import seeded_initialisation

COMPONENTS = 16  # as many as the codes of most rows have
FEATURES = 64  # of the random network, as many as those of the classifier


class Labelled(NamedTuple):
    """Vectors (N, F) with the classes (N,) of their images."""

    vectors: np.ndarray
    labels: np.ndarray


def score(train: Labelled, reference: Labelled) -> dict[str, Any]:
    """Give size, probe and neighbours of features, the classifiers of which learn from the first of `train`."""
    seen, labels = (part[:IMAGES] for part in train)
    found = accuracies(seen.astype(np.float64), labels, reference.vectors.astype(np.float64), reference.labels)
    return {"size": seen.shape[1], **found}


def of_images(train: Images, reference: Images, *, classes: int) -> dict[str, dict[str, Any]]:
    """Score pixels, their principal components and a random network, by name."""
    train = train[:IMAGES]
    flat = [split.pixels.reshape(len(split), -1) / 255 for split in (train, reference)]
    with seeded_initialisation(0, "baselines"):
        network = Classifier(train.shape, classes, FEATURES).eval()
    cpu = torch.device("cpu")
    random = [vectors(lambda images: network(images)[0], split.pixels, cpu) for split in (train, reference)]
    kinds = {"pixels": flat, "principal components": components(*flat), "random network": random}
    labels = (train.labels, reference.labels)
    return {
        name: score(*(Labelled(part, of) for part, of in zip(parts, labels, strict=True)))
        for name, parts in kinds.items()
    }


def components(train: np.ndarray, tested: np.ndarray) -> list[np.ndarray]:
    """Project (N, D) and (M, D) vectors onto the first principal components of the former."""
    mean = train.mean(0)
    _, axes = np.linalg.eigh(np.cov(train, rowvar=False))
    return [(side - mean) @ axes[:, -COMPONENTS:] for side in (train, tested)]

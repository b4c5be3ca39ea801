"""A small convolutional classifier of the dataset itself: features from its penultimate layer, class probabilities.

The features pass a smooth activation (SiLU), so that none of them is dead and their covariance has full rank. For
built-in datasets its weights are committed, so that tables from different machines use one ruler; `weights: train`
trains it anew, on the train split only. Each is a member of genbench/extractors/origins, found by that name alone: who
reads an extractor does not depend on the training loop.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from genbench.data.images import Images, Shape
from genbench.data.known import Known
from genbench.data.pixels import scale
from genbench.data.prepared import About
from genbench.data.resize import METHOD, resize
from genbench.errors import InputError
from genbench.extractors import BATCH, Output, _pretrained
from genbench.files.atomic import sha256
from genbench.files.tensors import load_state
from genbench.find import find
from genbench.options import Count, Natural, Positive


class Classifier(nn.Module):
    """Network from images (B, C, H, W) in [-1, 1] to features (B, D) and logits (B, K)."""

    def __init__(self, shape: Shape, classes: int, features: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(shape[0], 32, 3, padding=1), nn.SiLU()]
        side, width = max(shape[1:]), 32
        while side > 4:
            layers += [nn.Conv2d(width, 64, 3, stride=2, padding=1), nn.SiLU()]
            side, width = (side + 1) // 2, 64
        self.body = nn.Sequential(*layers, nn.Flatten())
        with torch.no_grad():
            flat = self.body(torch.zeros(1, *shape)).shape[1]
        self.features = nn.Sequential(nn.Linear(flat, features), nn.SiLU())
        self.head = nn.Linear(features, classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        vectors = self.features(self.body(images))
        return vectors, self.head(vectors)


class Ruler:
    """A trained classifier as an extractor: see :class:`genbench.extractors.Extractor`."""

    def __init__(self, network: Classifier, shape: Shape, weights: str) -> None:
        self.network, self.shape, self.weights = network.eval(), shape, weights
        self.resize = f"{METHOD} to {shape[2]}×{shape[1]}"

    @torch.no_grad()
    def __call__(self, pixels: np.ndarray) -> Output:
        if pixels.shape[1] == 1:  # grey, which a ruler of colour images sees in three equal channels
            pixels = np.broadcast_to(pixels, (len(pixels), self.shape[0], *pixels.shape[2:]))
        if pixels.shape[1] != self.shape[0]:
            raise InputError(f"classifier: expected images of {self.shape[0]} channels, got {pixels.shape[1]}")
        images = scale(torch.tensor(resize(pixels, self.shape[2])))
        vectors, logits = self.network(images)
        return Output(vectors.numpy(), logits.double().softmax(1).float().numpy())


def obtain(
    folder: Path,
    images: dict[str, Images],
    about: About,
    *,
    weights: Literal["committed", "train"],
    features: Count,
    steps: Count,
    batch: Count,
    lr: Positive,
    seed: Natural,
) -> dict[str, float]:
    """Put weights.safetensors into `folder`; gives the accuracy on held-out images."""
    origin = find("origins", weights)
    target = folder / "weights.safetensors"
    origin.obtain(target, images, about, features=features, steps=steps, batch=batch, lr=lr, seed=seed)
    return {"accuracy": accuracy(load(folder), images["held_out"])}


def refuse(known: Known, *, weights: str, batch: int, **others: object) -> None:
    """Raise an InputError for options that do not suit the data; each origin of weights has its own."""
    find("origins", weights).refuse(known, batch=batch)


def load(folder: Path) -> Ruler:
    """Load the classifier of a folder that :func:`obtain` filled."""
    path = folder / "weights.safetensors"
    described = _pretrained.kept(folder)
    channels, height, width = described["shape"]
    network = _pretrained.empty(Classifier, (channels, height, width), described["classes"], described["features"])
    load_state(network, path)
    return Ruler(network, (channels, height, width), sha256(path))


def accuracy(ruler: Ruler, images: Images) -> float:
    """Share of images whose most probable class is their label."""
    right = 0
    for start in range(0, len(images), BATCH):
        part = images[start : start + BATCH]
        probs = ruler(part.pixels).probs
        right += int((probs.argmax(1) == part.labels).sum()) if probs is not None else 0
    return right / len(images)

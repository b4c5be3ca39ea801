"""A small convolutional classifier of the dataset itself: features from its penultimate layer, class probabilities.

The features pass a smooth activation (SiLU), so that none of them is dead and their covariance has full rank. For
built-in datasets its weights are committed, so that tables from different machines use one ruler; `weights: train`
trains it anew, on the train split only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.arrays import Images
from genbench.batches import scale
from genbench.dataset import About
from genbench.errors import InputError
from genbench.extractor import BATCH, Output
from genbench.extractors import _pretrained
from genbench.files import atomic, sha256
from genbench.model import Batch, Data, Learner, Player, Shape, Turn
from genbench.options import Count, Natural, Positive
from genbench.params import TrainOptions
from genbench.resize import METHOD, resize
from genbench.scratch import folder as scratch_folder
from genbench.seeding import seeded_initialisation
from genbench.tensors import load_state, save_state
from genbench.training import train

COMMITTED = Path(__file__).parent / "weights"


class Classifier(Learner):
    """Images (B, C, H, W) in [-1, 1] to features (B, D) and logits (B, K)."""

    def __init__(self, shape: Shape, classes: int, features: int, lr: float = 0.0) -> None:
        super().__init__()
        self._lr = lr
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

    def players(self) -> dict[str, Player]:
        return {"classifier": Player(list(self.parameters()), self._lr)}

    def turns(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Turn]:
        batch = next(batches)
        _, logits = self(shifted(batch.images, rng))
        yield Turn("classifier", functional.cross_entropy(logits, batch.labels))


def shifted(images: Tensor, rng: torch.Generator) -> Tensor:
    """The batch moved by up to an eighth of its side each way, one shift for all: the augmentation in training."""
    reach = max(1, images.shape[-1] // 8)
    padded = functional.pad(images, (reach,) * 4, mode="replicate")
    top, left = torch.randint(2 * reach + 1, (2,), generator=rng).tolist()
    return padded[..., top : top + images.shape[-2], left : left + images.shape[-1]]


class Ruler:
    """A trained classifier as an extractor: see :class:`genbench.extractor.Extractor`."""

    def __init__(self, network: Classifier, shape: Shape, weights: str) -> None:
        self.network, self.shape, self.weights = network.eval(), shape, weights
        self.resize = f"{METHOD} to {shape[2]}×{shape[1]}"

    @torch.no_grad()
    def __call__(self, pixels: np.ndarray) -> Output:
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
    target = folder / "weights.safetensors"
    if weights == "committed":
        with atomic(target) as scratch:
            copyfile(_committed(about.dataset), scratch)
    else:
        _fit(
            target,
            images["train"],
            about,
            features,
            TrainOptions(steps=steps, batch=batch, ema=0.99, log_every=100, grid_every=steps),
            lr,
            seed,
        )
    return {"accuracy": accuracy(load(folder), images["held_out"])}


def _committed(dataset: str) -> Path:
    path = COMMITTED / f"classifier-{dataset}.safetensors"
    if not path.exists():
        known = ", ".join(sorted(file.stem.removeprefix("classifier-") for file in COMMITTED.glob("classifier-*")))
        raise InputError(
            f"extractor.classifier.weights: expected 'train' for {dataset}: weights are committed only for {known}"
        )
    return path


def _fit(
    target: Path, images: Images, about: About, features: int, options: TrainOptions, lr: float, seed: int
) -> None:
    if not about.classes or images.labels.min() < 0:
        raise InputError(f"extractor.classifier: needs labels, and {about.dataset} has images without")
    with seeded_initialisation(seed, "classifier"):
        network = Classifier(about.shape, len(about.classes), features, lr)
    data = Data(images, images[:0], images[:0], about.levels, about.classes)
    with scratch_folder({"classifier": options.model_dump(), "seed": seed, "data": _digest(images)}) as scratch:
        trained = train(network, data, options, seed=seed, scratch=scratch)
    described = {"shape": about.shape, "classes": len(about.classes), "features": features, "dataset": about.dataset}
    save_state(trained.average, target, {"about": json.dumps(described, sort_keys=True)})


def _digest(images: Images) -> str:
    return hashlib.sha256(images.pixels.tobytes() + images.labels.tobytes()).hexdigest()


def load(folder: Path) -> Ruler:
    """The classifier of a folder that :func:`obtain` filled."""
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

"""Weights that are trained anew, on the train split alone, by the benchmark's own loop."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from genbench.data.images import Images
from genbench.data.known import Known
from genbench.data.prepared import About
from genbench.engine.batches import require_batch
from genbench.engine.device import enough_memory
from genbench.engine.learner import Batch, Data, Learner, ParameterGroup, Update
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.extractors.classifier import Classifier
from genbench.files.scratch import folder as scratch_folder
from genbench.files.tensors import save_state
from genbench.seeding import seeded_initialisation

BATCH = "extractor.classifier.batch"


class Pupil(Learner):
    """Classifier that learns the labels of images, at the rate `lr`."""

    def __init__(self, classifier: Classifier, lr: float) -> None:
        super().__init__()
        self.classifier, self._lr = classifier, lr

    def groups(self) -> dict[str, ParameterGroup]:
        return {"classifier": ParameterGroup(list(self.classifier.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        batch = next(batches)
        _, logits = self.classifier(shifted(batch.images, rng))
        yield Update("classifier", functional.cross_entropy(logits, batch.labels))


def shifted(images: Tensor, rng: torch.Generator) -> Tensor:
    """Move a batch by up to an eighth of its side each way, one shift for all: the augmentation in training."""
    reach = max(1, images.shape[-1] // 8)
    padded = functional.pad(images, (reach,) * 4, mode="replicate")
    top, left = torch.randint(2 * reach + 1, (2,), generator=rng).tolist()
    return padded[..., top : top + images.shape[-2], left : left + images.shape[-1]]


def refuse(known: Known, *, batch: int) -> None:
    """Refuse fewer than two classes, which nothing can be told from, and fewer training images than a batch has."""
    if known.classes is not None and len(known.classes) < 2:
        there = f"one, {known.classes[0]!r}" if known.classes else "none"
        raise InputError(
            f"extractor.classifier.weights: train needs pictures of 2 classes or more, {known.dataset} has {there}; "
            "name another ruler in extractors, such as random_conv"
        )
    if (images := known.count("train")) is not None:
        require_batch(batch, option=BATCH, images=images)


def obtain(
    target: Path,
    images: dict[str, Images],
    about: About,
    *,
    features: int,
    steps: int,
    batch: int,
    lr: float,
    seed: int,
) -> None:
    """Train a classifier of `features` features and write its averaged weights to `target`."""
    shown = images["train"]
    refuse(Known(about.dataset, about.shape, about.classes, {"train": len(shown)}), batch=batch)
    if shown.labels.min() < 0:
        raise InputError(f"extractor.classifier: needs labels, and {about.dataset} has images without")
    with seeded_initialisation(seed, "classifier"):
        pupil = Pupil(Classifier(about.shape, len(about.classes), features), lr)
    # The longer the training, the longer the average, about its last tenth: it does what a falling rate would.
    options = TrainOptions(steps=steps, batch=batch, ema=steps / (steps + 10), log_every=steps, grid_every=steps)
    data = Data(shown, shown[:0], shown[:0], about.levels, about.classes)
    key = {"classifier": [options.model_dump(), features, lr], "seed": seed, "data": _digest(shown)}
    with scratch_folder(key) as scratch, enough_memory(f"{BATCH}: {batch}"):
        trained = train(pupil, data, options, seed=seed, scratch=scratch, batch_option=BATCH)
    described = {"shape": about.shape, "classes": len(about.classes), "features": features, "dataset": about.dataset}
    save_state(trained.ema.classifier, target, {"about": json.dumps(described, sort_keys=True)})


def _digest(images: Images) -> str:
    return hashlib.sha256(images.pixels.tobytes() + images.labels.tobytes()).hexdigest()

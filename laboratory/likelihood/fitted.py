"""Models of the study's own, trained by the benchmark's loop on the benchmark's splits."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from genbench.data import prepared
from genbench.data.images import Images
from genbench.data.splits import SPLITS
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.engine.trained import Trained
from genbench.errors import InputError
from genbench.models import Model
from genbench.pipeline import cell, runs
from genbench.pipeline.plan import batch_option

Splits = dict[str, Images]


def splits(folder: Path) -> tuple[prepared.About, Splits]:
    """Load the four splits of the benchmark, and what they are of."""
    return prepared.load_about(folder), {name: prepared.load_split(folder, name) for name in SPLITS}


def fit(
    half: dict[str, Any], budget: TrainOptions, about: prepared.About, of: Splits, *, seed: int, key: str
) -> Trained:
    """Train a `train:` half; `key` is where it stands in the study's params."""
    model: Model = runs.model(half, about.shape, seed=seed, key=key)
    data = Data(of["train"], of["validation"], of["held_out"], about.levels, about.classes)
    with TemporaryDirectory() as scratch:
        batch = batch_option(half, key)
        trained = train(model, data, runs.budget(half, budget), seed=seed, scratch=Path(scratch), batch_option=batch)
    if trained.progress.diverged:
        raise InputError(f"{key}: its training diverged: {trained.progress.diverged['reason']}")
    return trained


def best(trained: Trained[Model]) -> Model:
    """Select the averaged weights that were best on validation, or the last ones of a model that is not asked."""
    return (trained.best or trained.ema).eval()


def load(folder: Path) -> Any:
    """Load a trained model of the study, in evaluation mode and with weights that nothing changes."""
    return cell.load(folder, "best").eval().requires_grad_(False)


def without(images: Images, label: int) -> Images:
    """Select the images of every other class."""
    return images[np.flatnonzero(images.labels != label)]


def only(images: Images, label: int) -> Images:
    """Select the images of one class."""
    return images[np.flatnonzero(images.labels == label)]

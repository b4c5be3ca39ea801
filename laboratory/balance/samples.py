"""Samples of a conditional model that learnt from the long tail, of the classes that it lacks."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from genbench.data.images import Images
from genbench.data.pixels import quantise
from genbench.data.prepared import About
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.errors import InputError
from genbench.models import Model
from genbench.options import checked
from genbench.pipeline import runs
from genbench.pipeline.catalogue import Run
from genbench.pipeline.plan import plan
from genbench.seeding import torch_rng
from laboratory.balance.options import Options


def fit(name: str, run: Run, tail: Images, about: About, options: Options, seed: int) -> Model:
    """Train a run on the long tail within the budget of operations; returns the averaged weights of the last step.

    No weights are chosen by validation images, whose classes have no tail.
    """
    key = runs.key(name, "train")
    data = Data(tail, tail[:0], tail[:0], about.levels, about.classes)
    model = runs.model(run.train, about.shape, seed=seed, key=key)
    budget, _ = plan(run.train, options.train, model, data, seed=seed, key=key)
    budget = budget.model_copy(update={"grid_every": budget.steps})
    with TemporaryDirectory() as scratch:
        trained = train(model, data, budget, seed=seed, scratch=Path(scratch))
    if trained.progress.diverged:
        raise InputError(f"{name}: its training diverged: {trained.progress.diverged['reason']}")
    if trained.ema.draw_labels(1, rng=torch_rng(seed, "labels")) is None:
        raise InputError(f"runs: expected class-conditional ones, {name} is not")
    return trained.ema.eval()


@torch.no_grad()
def draw(model: Model, labels: np.ndarray, sample: dict[str, Any], about: About, batch: int, seed: int) -> Images:
    """Draw images of these classes (N,), under options of sampling."""
    chosen = checked(model.sample, sample, "sample", given=["rng", "labels"])
    rng, drawn = torch_rng(seed, "balance"), [np.zeros((0, *about.shape), np.uint8)]
    for at in range(0, len(labels), batch):
        asked = torch.from_numpy(labels[at : at + batch])
        images: Any = model.sample(len(asked), rng=rng, labels=asked, **chosen)  # type: ignore[call-arg]
        drawn.append(quantise(images, about.levels).cpu().numpy())
    return Images(np.concatenate(drawn), labels)

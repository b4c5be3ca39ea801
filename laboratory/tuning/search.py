"""The search of one run: each trial trained by the benchmark's own loop on `train`, scored by FID on `validation`.

Neither `reference` nor `held_out` is ever read here. Trials share one seed, which is none of the leaderboard's:
options are then not chosen for the luck of the seeds that they are shown with.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from genbench.data import prepared
from genbench.data.features import Features
from genbench.data.paths import Paths
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.engine.sampling import draw as draw_samples
from genbench.errors import InputError, unknown
from genbench.extractors import extract
from genbench.find import find, members
from genbench.metrics.fid import compute
from genbench.options import checked
from genbench.pipeline import runs
from genbench.pipeline.params import Params
from genbench.pipeline.stage import use_threads
from laboratory.tuning.space import Tuning, draw


@dataclass(frozen=True)
class Trial:
    """Trial of a run. options: the `train:` half. fid: None where training diverged, which `diverged` tells."""

    options: dict[str, Any]
    fid: float | None
    diverged: dict[str, Any] | None


@dataclass(frozen=True)
class Setting:
    """Setting that all trials of a run share. real: features of `validation`."""

    run: str
    params: Params
    tuning: Tuning
    real: Features


def search(name: str, params: Params, tuning: Tuning) -> dict[str, Any]:
    """Search for a run's options; returns its protocol, and every trial with the default first.

    Trials run side by side, one a core; the numbers do not depend on how many there are.
    """
    halves = list(trials(name, params, tuning))
    setting = Setting(name, params, tuning, validation(params, tuning))
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(halves)), get_context("spawn")) as pool:
        done = list(pool.map(partial(score, setting), halves))
    return {"run": name, "protocol": protocol(setting), "trials": [asdict(trial) for trial in done]}


def trials(name: str, params: Params, tuning: Tuning) -> Iterator[dict[str, Any]]:
    """List the `train:` halves to try: the run's own, and those drawn. A run without an adversary is refused."""
    half = params.run(name).train
    if half.get("model") != "gan":
        raise InputError(f"{name}: tuning is for runs of the model gan, this is {half.get('model')!r}")
    return (
        draw(half, tuning.space, seed=tuning.seed, trial=trial, trials=tuning.trials)
        for trial in range(tuning.trials + 1)
    )


def validation(params: Params, tuning: Tuning) -> Features:
    """Extract features of the validation images."""
    if tuning.extractor not in members("extractors"):
        raise unknown("extractor", tuning.extractor, members("extractors"))
    use_threads(params.threads)
    paths = Paths(params.dataset)
    extractor = find("extractors", tuning.extractor).load(paths.extractor(tuning.extractor))
    images = prepared.load_split(paths.images, "validation", mmap=True)
    names: dict[str, Any] = {"name": tuning.extractor, "dataset": params.dataset, "split": "validation"}
    return extract(extractor, images, **names, source=f"{params.dataset} validation")


def score(setting: Setting, half: dict[str, Any]) -> Trial:
    """Train one half and measure it."""
    params, tuning = setting.params, setting.tuning
    use_threads(params.threads)
    paths = Paths(params.dataset)
    about, images = prepared.load_about(paths.images), prepared.load_split(paths.images, "train")
    budget = TrainOptions(**params.train.model_dump(exclude={"operations"}) | {"steps": tuning.steps})
    model = runs.model(half, about.shape, seed=tuning.seed, key=runs.key(setting.run, "train"))
    with TemporaryDirectory() as scratch:
        data = Data(images, images[:0], images[:0], about.levels, about.classes)
        trained = train(model, data, budget, seed=tuning.seed, scratch=Path(scratch))
    if trained.progress.diverged:
        return Trial(half, None, trained.progress.diverged)
    options = checked(model.sample, params.run(setting.run).sample, runs.key(setting.run, "sample"), given=["rng"])
    samples = draw_samples(
        trained.ema if params.sampling.weights == "ema" else trained.raw,
        tuning.images,
        batch=params.sampling.batch,
        levels=about.levels,
        seed=tuning.seed,
        options=options,
    )
    extractor = find("extractors", tuning.extractor).load(paths.extractor(tuning.extractor))
    names: dict[str, Any] = {"name": tuning.extractor, "dataset": params.dataset, "split": "samples"}
    fake = extract(extractor, samples, **names, source=setting.run)
    return Trial(half, compute(real=setting.real, fake=fake)["fid"], None)


def protocol(setting: Setting) -> dict[str, Any]:
    """Collect what must be equal between the searches of two runs."""
    tuning, real = setting.tuning, setting.real
    return {
        **real.protocol.comparable(),
        "n_real": len(real),
        "n_fake": tuning.images,
        "trials": tuning.trials,
        "steps": tuning.steps,
        "batch": setting.params.train.batch,
        "seed": tuning.seed,
        "space": tuning.space.model_dump(mode="json"),
    }

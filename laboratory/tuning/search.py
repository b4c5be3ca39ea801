"""The search of one run: each trial trained by the benchmark's own loop on `train`, scored by KID on `validation`.

A trial has the operations of the benchmark's budget, by the same count, so that options that cost more a step get
fewer steps. Trials share one seed, which is none of the leaderboard's: options are then not chosen for the luck of the
seeds that they are shown with. A trial is kept as it finishes, under a hash of everything that decides it
(:mod:`genbench.evaluation.kept_scores`): a search that was killed, or that gets more trials, does none again.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from genbench.data import prepared
from genbench.data.features import Features
from genbench.data.paths import Paths
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.sampling import draw as draw_samples
from genbench.errors import InputError
from genbench.evaluation.kept_scores import Values, recall
from genbench.files.atomic import sha256
from genbench.options import checked
from genbench.pipeline import environment, runs
from genbench.pipeline.catalogue import RUNS
from genbench.pipeline.params import Params
from genbench.pipeline.plan import plan
from genbench.pipeline.stage import use_threads
from laboratory.tuning import ruler
from laboratory.tuning.space import PARAMS, Half, Tuning, chosen, draw, drawn_options, resolved
from laboratory.tuning.trial import Trial


@dataclass(frozen=True)
class Setting:
    """Setting that all trials of a run share. real: features of `validation`. code: hashes by module."""

    run: str
    params: Params
    tuning: Tuning
    real: Features
    code: dict[str, Any] = field(default_factory=dict)


def search(
    name: str, params: Params, tuning: Tuning, code: dict[str, Any], workers: int | None = os.cpu_count()
) -> dict[str, Any]:
    """Search for a run's options; returns its protocol, and every trial with the default first.

    workers: trials side by side, one a core; the numbers do not depend on it.
    """
    halves = trials(name, params, tuning)
    use_threads(params.threads)
    setting = Setting(name, params, tuning, ruler.validation(params, tuning), code)
    with ProcessPoolExecutor(min(workers or 1, len(halves)), get_context("spawn")) as pool:
        done = list((pool.map if workers != 1 else map)(partial(score, setting), halves))
    return {"run": name, "protocol": protocol(setting), "trials": done}


def trials(name: str, params: Params, tuning: Tuning) -> list[Half]:
    """List the `train:` halves to try: the run's own, and those drawn.

    An InputError refuses a budget of steps alone, an option that no run has, a run that does not learn by gradients,
    and a half that its model refuses.
    """
    if params.train.operations is None:
        raise InputError("params.yaml: train.operations: expected a number, which every trial shares; got null")
    wholes = [resolved(run.train, params.train.batch) for run in params.runs.values()]
    for option in tuning.space:
        if not any(option in drawn_options(whole, tuning.space) for whole in wholes):
            raise InputError(f"{PARAMS}: space.{option}: expected an option that a run of the catalogue has")
    half, batch = params.run(name).train, params.train.batch
    numbers = range(tuning.trials + 1)
    halves = [draw(half, tuning.space, seed=tuning.seed, trial=trial, batch=batch) for trial in numbers]
    shape = prepared.load_about(Paths(params.dataset).images).shape
    for trial, drawn in enumerate(halves):
        key = f"{RUNS}/{name}.yaml: trial {trial}: train"
        with torch.device("meta"):
            model = runs.model(drawn, shape, key=key)
        if not model.groups():
            raise InputError(f"{name}: expected a run that is trained, the model {half['model']} has nothing to tune")
    return halves


def score(setting: Setting, half: Half) -> Trial:
    """Train one half and measure it, unless that was done before."""
    use_threads(setting.params.threads)
    values = recall({**identity(setting), "train": half}, lambda: measure(setting, half))
    whole = resolved(half, setting.params.train.batch)
    numbers = {name: value for name, (value,) in values.items()}
    steps = int(numbers["steps"])
    return Trial(
        options=half,
        chosen=chosen(whole, setting.tuning.space),
        steps=steps,
        operations=numbers["operations"],
        kid=numbers.get("kid"),
        kid_se=numbers.get("kid_se"),
        diverged=None if "kid" in numbers else steps,
    )


def measure(setting: Setting, half: Half) -> Values:
    """Train one half; returns `steps`, `operations`, and `kid` and `kid_se` unless it diverged, after those steps."""
    params, tuning = setting.params, setting.tuning
    paths, key = Paths(params.dataset), runs.key(setting.run, "train")
    about, images = prepared.load_about(paths.images), prepared.load_split(paths.images, "train")
    data = Data(images, images[:0], images[:0], about.levels, about.classes)
    model = runs.model(half, about.shape, seed=tuning.seed, key=key)
    budget, operations = plan(half, params.train, model, data, seed=tuning.seed, key=key)
    budget = budget.model_copy(update={"grid_every": budget.steps})  # final weights alone are judged
    with TemporaryDirectory() as scratch:
        trained = train(model, data, budget, seed=tuning.seed, scratch=Path(scratch))
    cost = {"steps": [float(trained.progress.step)], "operations": [operations]}
    if trained.progress.diverged:
        return cost
    half, key = params.run(setting.run).sample, runs.key(setting.run, "sample")
    samples = draw_samples(
        trained.ema if params.sampling.weights == "ema" else trained.raw,
        tuning.images,
        batch=params.sampling.batch,
        levels=about.levels,
        seed=tuning.seed,
        options=checked(model.sample, half, key, given=["rng", "labels"]),
    )
    fake = ruler.features(params, tuning, samples, "samples", setting.run)
    return cost | {name: [value] for name, value in ruler.score(setting.real, fake).items()}


def identity(setting: Setting) -> dict[str, Any]:
    """Collect what decides a trial beside its `train:` half, as plain values."""
    params, images = setting.params, Paths(setting.params.dataset).images
    return {
        "code": setting.code,
        "versions": environment.load().computes,
        "sample": params.run(setting.run).sample,
        "budget": params.train.model_dump(include={"operations", "steps", "batch", "ema"}),
        "sampling": params.sampling.model_dump(include={"batch", "weights"}),
        "threads": params.threads,
        "seed": setting.tuning.seed,
        "images": setting.tuning.images,
        "ruler": setting.real.protocol.comparable(),
        "data": [sha256(images / split / "pixels.npy") for split in ("train", "validation")],
    }


def protocol(setting: Setting) -> dict[str, Any]:
    """Collect what must be equal between the searches of two runs."""
    tuning, real = setting.tuning, setting.real
    return {
        **real.protocol.comparable(),
        "n_real": len(real),
        "n_fake": tuning.images,
        "trials": tuning.trials,
        "operations": setting.params.train.operations,
        "batch": setting.params.train.batch,
        "seed": tuning.seed,
        "space": tuning.space,
    }

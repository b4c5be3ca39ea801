"""Training loop of every model: resumable and deterministic.

Each step makes the updates (:class:`~genbench.engine.learner.Update`) that the model yields. Weights are averaged after
each step (an exponential moving average with the warm-up min(ema, (1 + t) / (10 + t))), losses are gathered on the
device and read where a :mod:`~genbench.engine.window` of the curve ends. A loss that is not finite ends the training
and is recorded; that is a result, not an error. Every `grid_every` steps, and after the last, the averaged weights get
batch statistics of their own (:mod:`~genbench.engine.batch_norm`); a model that can say how good they are on the
validation split is asked, and the best are kept.

Checkpoints are taken in a scratch folder outside DVC. All randomness is keyed by step, so a training that was killed
goes on from its last checkpoint to the same bytes as one that was not. Where it computes, and with how many other
processes, is the :class:`~genbench.engine.device.Device`'s; nothing here waits for a GPU but the reading of losses.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from genbench.engine import batch_norm, checkpoint
from genbench.engine.batches import BATCH
from genbench.engine.device import Device
from genbench.engine.learner import Data, Learner, ParameterGroup, Update
from genbench.engine.options import TrainOptions
from genbench.engine.progress import Point, Progress, progress_bar
from genbench.engine.trained import Trained
from genbench.engine.window import Window, length
from genbench.files.scratch import SECONDS
from genbench.seeding import torch_rng

#: Seconds that are between two calls of `each_log` at least.
LOG_SECONDS = 1.0
L = TypeVar("L", bound=Learner)


def train(
    model: L,
    data: Data,
    options: TrainOptions,
    *,
    seed: int,
    scratch: Path,
    each_grid: Callable[[int, L], None] = lambda step, model: None,
    each_log: Callable[[list[Point]], None] = lambda curve: None,
    device: Device | None = None,
    batch_option: str = BATCH,
) -> Trained[L]:
    """Train `model` on `data.train` for `options.steps` steps.

    scratch: folder for the checkpoint, of this very configuration (see :mod:`genbench.engine.checkpoint`).
    each_grid: called with the step and the averaged model every `grid_every` steps, and after the last. each_log:
    called with the curve so far every `log_every` steps, but at most once in LOG_SECONDS. device: where to compute, one
    process on the CPU by default; what several give back is the same. batch_option: where the batch is set, for errors.
    """
    device = device or Device()
    device.prepare(model.train())
    model.refuse(data.facts)
    model.setup(data := model.view(data), torch_rng(seed, "begin"))
    ema = copy.deepcopy(model).requires_grad_(False).eval()
    groups = model.groups()
    optimisers = {name: optimiser(group) for name, group in groups.items()}
    batches = device.batches(data, options.batch, seed, option=batch_option)
    models, update_ema = {"raw": model, "ema": ema}, averaging(ema, model)
    device.wait()  # for the process that holds the scratch folder
    progress = checkpoint.load(scratch, models, optimisers)
    batches.drawn = progress.drawn
    window = Window(groups, device.torch_device, progress.window)
    steps = options.steps if groups else 0
    passed = saved = logged = time.monotonic()
    with progress_bar("train", steps if device.leads else 0, progress.step) as bar:
        while progress.step < steps and not progress.diverged:
            step = progress.step + 1
            for update in device.updates(model, batches, torch_rng(seed, "step", step), step):
                window.add(update.group, *make(update, step, groups[update.group], optimisers[update.group], device))
                model.after_update(update.group, step)
            update_ema(model.decay(options.decay(step), step))
            bar.update()
            passed, before = time.monotonic(), passed
            progress.step, progress.drawn, progress.seconds = step, batches.drawn, progress.seconds + passed - before
            ended, asked = (step % every == 0 or step == steps for every in (length(steps), options.grid_every))
            if ended or asked:  # weights that are not finite are not asked for samples
                points = look(window, progress, ended=ended)
                bar.set_postfix({point.group: f"{point.loss:.3g}" for point in points}, refresh=False)
            if asked and not progress.diverged:
                batch_norm.recompute(ema, batches, device.share(torch_rng(seed, "batch_norm", step)))
                if device.leads:
                    each_grid(step, ema)
                keep_best(ema.validate(data, torch_rng(seed, "validate")), progress, models)
            if device.leads and passed - saved > SECONDS:
                checkpoint.save(scratch, replace(progress, window=window.sums()), models, optimisers)
                saved = time.monotonic()
            if device.leads and step % options.log_every == 0 and passed - logged > LOG_SECONDS:
                each_log(progress.curve + window.points(step))
                logged = passed
    return Trained(model, ema, models.get("best"), progress)


def make(
    update: Update, step: int, group: ParameterGroup, optimiser: torch.optim.Optimizer, device: Device
) -> tuple[Tensor, list[Tensor]]:
    """Make one update of a step; return its loss and gradients, means over all processes."""
    if group.betas_at is not None:
        for parameters in optimiser.param_groups:
            parameters["betas"] = group.betas_at(step)
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(update.loss, inputs=group.parameters)
    gradients = [parameter.grad for parameter in group.parameters if parameter.grad is not None]
    loss = device.mean(update.loss.detach(), gradients)
    optimiser.step()
    return loss, gradients


def look(window: Window, progress: Progress, *, ended: bool) -> list[Point]:
    """Read the losses of a window and record a divergence; the points join the curve where the window ended."""
    points = window.points(progress.step)
    progress.diverged = divergence(points, progress.step)
    if ended or progress.diverged:
        progress.curve += points
        window.begin()
    return points


def keep_best(value: float | None, progress: Progress, models: dict[str, L]) -> None:
    """Keep a copy of the averaged weights if their value on the validation split is the lowest so far."""
    if value is not None and value < progress.best.get("value", math.inf):
        progress.best = {"step": progress.step, "value": value}
        models["best"] = copy.deepcopy(models["ema"])


def divergence(points: list[Point], step: int) -> dict[str, int | str] | None:
    """Return the record of a divergence if any of the latest points is not finite, else None."""
    for point in points:
        for quantity, value in (("loss", point.loss), ("gradient", point.grad_norm)):
            if not math.isfinite(value):
                return {"step": step, "reason": f"{quantity} of {point.group} is {value}"}
    return None


def averaging(ema: nn.Module, model: nn.Module) -> Callable[[float], None]:
    """Return the update ema ← decay · ema + (1 − decay) · model for parameters, by decay; buffers are copied.

    Statistics of batch normalisation are right only once they are computed anew. Parameters are looked up once: for
    small networks that takes longer than the update.
    """
    mine, theirs = tuple(ema.parameters()), tuple(model.parameters())

    @torch.no_grad()
    def update(decay: float) -> None:
        torch._foreach_lerp_(mine, theirs, 1 - decay)
        for average, new in zip(ema.buffers(), model.buffers(), strict=True):
            average.copy_(new)

    return update


def optimiser(group: ParameterGroup) -> torch.optim.Optimizer:
    """Build the optimiser that a group asks for."""
    if group.optimiser == "rmsprop":
        return torch.optim.RMSprop(group.parameters, lr=group.lr)
    if group.optimiser == "sgd":
        return torch.optim.SGD(group.parameters, lr=group.lr)
    return torch.optim.Adam(group.parameters, lr=group.lr, betas=group.betas, fused=True)

"""The only training loop: any model, resumable, deterministic.

One pass over the steps: each :class:`~genbench.model.Turn` that the model yields is one optimiser update, weights
are averaged after each step (an exponential moving average with the warm-up min(ema, (1 + t) / (10 + t))), losses
are gathered on the device and read every `log_every` steps only. A loss that is not finite ends the training and is
recorded; that is a result, not an error. Every `grid_every` steps a model that can say how good its averaged weights
are on the validation split is asked, and the best are kept.

Checkpoints are taken in a scratch folder outside DVC. All randomness is keyed by step, so a training that was killed
goes on from its last checkpoint to the same bytes as one that was not. Where it computes, and with how many other
processes, is the :class:`~genbench.device.Device`'s; nothing here waits for a GPU but the reading of losses.
"""

from __future__ import annotations

import copy
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

import torch
from torch import Tensor
from tqdm import tqdm

from genbench import checkpoint
from genbench.batches import Batches
from genbench.device import Device
from genbench.model import Data, Learner, Player
from genbench.params import TrainOptions
from genbench.progress import Point, Progress
from genbench.scratch import SECONDS
from genbench.seeding import torch_rng

L = TypeVar("L", bound=Learner)


@dataclass(frozen=True)
class Trained(Generic[L]):
    """What the loop gives back: weights, the curve, and whether it diverged.

    last: after the last step. average: their exponential moving average. best: the average when it was best on the
    validation split, None for a model that is not asked.
    """

    last: L
    average: L
    best: L | None
    progress: Progress


def train(
    model: L,
    data: Data,
    options: TrainOptions,
    *,
    seed: int,
    scratch: Path,
    each_grid: Callable[[int, L], None] = lambda step, model: None,
    device: Device | None = None,
) -> Trained[L]:
    """Train `model` on `data.train` for `options.steps` steps.

    scratch: folder for the checkpoint, of this very configuration (see :mod:`genbench.checkpoint`).
    each_grid: called with the step and the averaged model every `grid_every` steps, and after the last.
    device: where to compute, one process on the CPU unless it is given; what several processes give back is the same.
    """
    device = device or Device()
    device.prepare(model)
    model.begin(data, torch_rng(seed, "begin"))
    average = copy.deepcopy(model).requires_grad_(False)
    players = model.players()
    optimisers = {name: optimiser(player) for name, player in players.items()}
    batches = Batches(data.train, options.batch, seed, device.place, rank=device.rank, world=device.world)
    models = {"last": model, "average": average}
    device.wait()  # for the process that holds the scratch folder
    progress = checkpoint.load(scratch, models, optimisers)
    update_average = averaging(average, model)
    batches.drawn = progress.drawn
    meters = {name: Meter(device.place) for name in players}
    started = saved = time.monotonic()
    seconds_before = progress.seconds

    model.train()
    average.eval()
    with progress_bar("train", options.steps if players and device.leads else 0, progress.step) as bar:
        for step in range(progress.step + 1, (options.steps if players else 0) + 1):
            if progress.diverged:
                break
            for turn in device.turns(model, batches, torch_rng(seed, "step", step), step):
                player = players[turn.player]
                optimisers[turn.player].zero_grad(set_to_none=True)
                torch.autograd.backward(turn.loss, inputs=player.parameters)
                gradients = [p.grad for p in player.parameters if p.grad is not None]
                meters[turn.player].add(device.mean(turn.loss.detach(), gradients), gradients)
                optimisers[turn.player].step()
                model.after(turn.player, step)
            update_average(min(options.ema, (1 + step) / (10 + step)))
            bar.update()
            if step % options.log_every == 0 or step == options.steps:
                progress.step, progress.drawn = step, batches.drawn
                progress.seconds = seconds_before + time.monotonic() - started
                points = [Point(step, name, *meter.read()) for name, meter in meters.items() if meter.count]
                progress.curve += points
                progress.diverged = divergence(points, step)
                bar.set_postfix({point.player: f"{point.loss:.3g}" for point in points}, refresh=False)
            if not progress.diverged and (step % options.grid_every == 0 or step == options.steps):
                if device.leads:
                    each_grid(step, average)
                value = average.validate(data, torch_rng(seed, "validate"))
                if improves(value, progress):
                    progress.best = {"step": step, "value": value}
                    models["best"] = copy.deepcopy(average)
            if device.leads and step == progress.step and time.monotonic() - saved > SECONDS:
                checkpoint.save(scratch, progress, models, optimisers)
                saved = time.monotonic()
    return Trained(model, average, models.get("best"), progress)


def improves(value: float | None, progress: Progress) -> bool:
    """Whether a value on the validation split is the lowest so far."""
    return value is not None and value < progress.best.get("value", math.inf)


def divergence(points: list[Point], step: int) -> dict[str, int | str] | None:
    """What to record if any of the latest points is not finite, else None."""
    for point in points:
        for quantity, value in (("loss", point.loss), ("gradient", point.grad_norm)):
            if not math.isfinite(value):
                return {"step": step, "reason": f"{quantity} of {point.player} is {value}"}
    return None


def averaging(average: Learner, model: Learner) -> Callable[[float], None]:
    """The update average ← decay · average + (1 − decay) · model for parameters, by decay; buffers are copied.

    Parameters are looked up once: for small networks that takes longer than the update.
    """
    mine, theirs = tuple(average.parameters()), tuple(model.parameters())

    @torch.no_grad()
    def update(decay: float) -> None:
        torch._foreach_lerp_(mine, theirs, 1 - decay)
        for kept, new in zip(average.buffers(), model.buffers(), strict=True):
            kept.copy_(new)

    return update


def optimiser(player: Player) -> torch.optim.Optimizer:
    """The optimiser that a player asks for."""
    if player.optimiser == "rmsprop":
        return torch.optim.RMSprop(player.parameters, lr=player.lr)
    return torch.optim.Adam(player.parameters, lr=player.lr, betas=player.betas, fused=True)


class Meter:
    """Sums of a player's losses and gradient norms, kept on the device until they are read."""

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(2, device=device)
        self.count = 0

    def add(self, loss: Tensor, gradients: list[Tensor]) -> None:
        """One update's loss (scalar) and gradients."""
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        self.sums += torch.stack([loss, norm])
        self.count += 1

    def read(self) -> tuple[float, float]:
        """Mean loss and mean gradient norm over the updates since the last reading, of which there is at least one."""
        loss, norm = (self.sums / self.count).tolist()
        self.sums.zero_()
        self.count = 0
        return loss, norm


def progress_bar(what: str, total: int, initial: int = 0, unit: str = "step") -> tqdm[NoReturn]:
    """A bar with rate and time left; in a log file it writes a line every ten seconds only."""
    seconds = 0.5 if sys.stderr.isatty() else 10.0
    return tqdm(total=total, initial=initial, desc=what, unit=unit, mininterval=seconds, disable=total == 0)

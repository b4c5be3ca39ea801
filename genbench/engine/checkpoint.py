"""Checkpoints of a training in progress: one safetensors file, replaced whole, in a scratch folder."""

from __future__ import annotations

import copy
import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from genbench.engine.learner import Learner
from genbench.engine.progress import Point, Progress
from genbench.errors import InputError
from genbench.files.require_file import require_file
from genbench.files.tensors import save_tensors

log = logging.getLogger(__name__)
L = TypeVar("L", bound=Learner)
Optimisers = dict[str, torch.optim.Optimizer]
Models = dict[str, L]  # the copies of one model by name: raw, ema and, where there is one, best


def save(scratch: Path, progress: Progress, models: Models[L], optimisers: Optimisers) -> None:
    """Write the checkpoint, replacing the one before."""
    tensors = {f"{key}/{name}": tensor for key, model in models.items() for name, tensor in model.state_dict().items()}
    for group, optimiser in optimisers.items():
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{group}/{index}/{name}": torch.as_tensor(value) for name, value in state.items()}
    save_tensors(tensors, scratch / "checkpoint.safetensors", {"progress": json.dumps(asdict(progress))})


def load(scratch: Path, models: Models[L], optimisers: Optimisers) -> Progress:
    """Restore everything in place from the checkpoint and return its progress; without one, a fresh start.

    A copy that was best on the validation split is put beside the `raw` and the `ema` one.
    """
    path = scratch / "checkpoint.safetensors"
    if not path.exists():
        return Progress()
    try:
        require_file(path)
        with safe_open(path, framework="pt") as file:
            values = json.loads(file.metadata()["progress"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (InputError, SafetensorError, OSError, LookupError, TypeError, ValueError, RecursionError) as error:
        log.warning("%s: unreadable (%s); training starts anew", path, error)
        return Progress()
    try:
        values["curve"] = [Point(**point) for point in values["curve"]]
        window = values["window"].items()
        values["window"] = {name: (float(loss), float(norm), float(updates)) for name, (loss, norm, updates) in window}
        progress = Progress(**values)
        if progress.best:
            models["best"] = copy.deepcopy(models["ema"])
        for key, model in models.items():
            model.load_state_dict(_part(tensors, f"{key}/"))
        for group, optimiser in optimisers.items():
            _restore(optimiser, _part(tensors, f"optimiser/{group}/"))
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        # What is restored in place is half restored now.
        first = str(error).partition("\n")[0]
        raise InputError(f"{path}: not a checkpoint of this training ({first}); delete it to start anew") from error
    return progress


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _restore(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, quantity = name.split("/")
        state.setdefault(int(index), {})[quantity] = tensor
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    for parameter, values in optimiser.state.items():
        for name, value in values.items():
            if value.shape == parameter.shape:  # a fused optimiser takes for granted that the layouts are the same
                values[name] = torch.empty_like(parameter, requires_grad=False).copy_(value)

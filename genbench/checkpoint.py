"""Checkpoints of a training in progress: one safetensors file, replaced whole, in a folder that DVC does not know.

The folder is keyed by everything that decides the result (options, code, data, seed), so that another
configuration never goes on from it. A lock in it keeps a second process out while the first, perhaps orphaned by a
kill of its parent, is still writing.
"""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from torch import Tensor

from genbench.model import Learner
from genbench.progress import Point, Progress
from genbench.tensors import save_tensors

log = logging.getLogger(__name__)
SCRATCH = Path(".genbench/scratch")
L = TypeVar("L", bound=Learner)
Optimisers = dict[str, torch.optim.Optimizer]
Models = dict[str, L]  # the copies of one model, by what they are: last, average and, where there is one, best


@contextmanager
def folder(key: dict[str, Any], *, leads: bool = True) -> Iterator[Path]:
    """A scratch folder for one configuration, held by this process alone and removed when the block succeeds.

    Of several processes that train together one `leads`; the others read the folder, and leave it to that one.
    """
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
    place = SCRATCH / name
    if not leads:
        yield place
        return
    SCRATCH.mkdir(parents=True, exist_ok=True)
    lock = FileLock(SCRATCH / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.warning("another process is training this very cell; waiting for it to end")
        lock.acquire()
    try:
        place.mkdir(exist_ok=True)
        yield place
        shutil.rmtree(place)
        # while it is held: who waits for it sees that the file it then gets is no longer there, and makes another
        Path(lock.lock_file).unlink()
    finally:
        lock.release()


def save(scratch: Path, progress: Progress, models: Models[L], optimisers: Optimisers) -> None:
    """Write the checkpoint, replacing the one before."""
    tensors = {f"{key}/{name}": tensor for key, model in models.items() for name, tensor in model.state_dict().items()}
    for player, optimiser in optimisers.items():
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{player}/{index}/{name}": torch.as_tensor(value) for name, value in state.items()}
    save_tensors(tensors, scratch / "checkpoint.safetensors", {"progress": json.dumps(asdict(progress))})


def load(scratch: Path, models: Models[L], optimisers: Optimisers) -> Progress:
    """Restore everything in place from the checkpoint and say how far it had come; without one, a fresh start.

    A copy that was best on the validation split is put beside the `last` and the `average` one.
    """
    path = scratch / "checkpoint.safetensors"
    if not path.exists():
        return Progress()
    try:
        with safe_open(path, framework="pt") as file:
            values = json.loads(file.metadata()["progress"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        log.warning("%s: unreadable (%s); training starts anew", path, error)
        return Progress()
    if values["best"]:
        models["best"] = copy.deepcopy(models["average"])
    for key, model in models.items():
        model.load_state_dict(_part(tensors, f"{key}/"))
    for player, optimiser in optimisers.items():
        _restore(optimiser, _part(tensors, f"optimiser/{player}/"))
    values["curve"] = [Point(**point) for point in values["curve"]]
    return Progress(**values)


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

"""What a cell takes of a machine while it is made, and how many such a machine has room for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from genbench.dag.fanout.plan import Cell
from genbench.engine.options import HardwareOptions
from genbench.errors import InputError

GRAIN = 1e-4  # of resources, in Ray


@dataclass(frozen=True)
class Need:
    """Cores, and GPUs: a whole number, or a share of one that others have the rest of."""

    cpus: float
    gpus: float

    def __str__(self) -> str:
        said = [f"{value:g} {name}" for value, name in ((self.cpus, "CPU"), (self.gpus, "GPU")) if value]
        return " and ".join(said)


def wanted(cell: Cell, hardware: HardwareOptions, threads: int) -> Need:
    """A cell's `meta: {gpus: ...}` where params ask for GPUs, else a core a thread.

    A cell on a GPU takes no core: GPUs are what a host has few of, and must not wait for cores.
    """
    if hardware.hosts > 1:
        raise InputError(f"hardware.hosts: expected 1 on a Ray cluster, a cell a host, got {hardware.hosts}")
    if hardware.accelerator == "cpu":
        return Need(cpus=float(threads * hardware.devices), gpus=0.0)
    gpus = cell.gpus if hardware.devices == 1 else max(cell.gpus, float(hardware.devices))
    if gpus > 1 and gpus != int(gpus):
        raise InputError(f"dvc.yaml: meta.gpus: expected a share below 1 or a whole number, got {gpus:g} ({cell})")
    return Need(cpus=0.0, gpus=gpus) if gpus else Need(cpus=float(threads), gpus=0.0)


def room(need: Need, cpus: float, gpus: float) -> int:
    """How many such cells a machine of so many cores and GPUs has room for; a share lies on one GPU."""
    rooms = [math.floor(cpus / need.cpus + GRAIN)] if need.cpus else []
    if need.gpus >= 1:
        rooms.append(math.floor(gpus / need.gpus + GRAIN))
    elif need.gpus > 0:
        rooms.append(math.floor(gpus) * math.floor(1 / need.gpus + GRAIN))
    return min(rooms)

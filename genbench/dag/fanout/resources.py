"""Resources that a cell takes of a host, and the number of such cells that a host has capacity for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from genbench.dag.fanout.plan import Job
from genbench.engine.options import HardwareOptions
from genbench.errors import InputError

GRAIN = 1e-4  # of resources, in Ray


@dataclass(frozen=True)
class Resources:
    """Cores, and GPUs: a whole number, or a share of one GPU that other cells have the rest of."""

    cpus: float
    gpus: float

    def __str__(self) -> str:
        parts = [f"{value:g} {name}" for value, name in ((self.cpus, "CPU"), (self.gpus, "GPU")) if value]
        return " and ".join(parts)


def resources_of(job: Job, hardware: HardwareOptions, threads: int) -> Resources:
    """Compute the resources of a cell: its `meta: {gpus: ...}` where params ask for GPUs, else one core a thread.

    A cell on a GPU takes no core: GPUs are what a host has few of, and they must not wait for cores. More hosts than
    one, and a number of GPUs such as 1.5, raise an InputError.
    """
    if hardware.hosts > 1:
        raise InputError(f"hardware.hosts: expected 1 on a Ray cluster, a cell a host, got {hardware.hosts}")
    if hardware.accelerator == "cpu":
        return Resources(cpus=float(threads * hardware.devices), gpus=0.0)
    gpus = job.gpus if hardware.devices == 1 else max(job.gpus, float(hardware.devices))
    if gpus > 1 and gpus != int(gpus):
        raise InputError(f"dvc.yaml: meta.gpus: expected a share below 1 or a whole number, got {gpus:g} ({job})")
    return Resources(cpus=0.0, gpus=gpus) if gpus else Resources(cpus=float(threads), gpus=0.0)


def capacity(resources: Resources, cpus: float, gpus: float) -> int:
    """Count the cells that fit on a host with so many cores and GPUs; the share of a GPU lies on one GPU."""
    counts = [math.floor(cpus / resources.cpus + GRAIN)] if resources.cpus else []
    if resources.gpus >= 1:
        counts.append(math.floor(gpus / resources.gpus + GRAIN))
    elif resources.gpus > 0:
        counts.append(math.floor(gpus) * math.floor(1 / resources.gpus + GRAIN))
    return min(counts)

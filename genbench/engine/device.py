"""Devices of the training loop: here one process on the CPU in float32, whose bytes are the same every time.

Anything else is a :class:`genbench.engine.fabric.FabricDevice`, which is imported only where it is asked for: Lightning
Fabric takes longer to import than a short training's first hundred steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from genbench.engine.batches import Batches
from genbench.engine.learner import Batch, Data, Learner, Update
from genbench.engine.options import HardwareOptions
from genbench.errors import InputError, out_of_memory


class Device:
    """One process on the CPU.

    rank: number of this process. world: number of processes. torch_device: device of its tensors.
    """

    rank = 0
    world = 1
    torch_device = torch.device("cpu")

    def __init__(self, *, channels_last: bool = True, compile: bool = False) -> None:
        self.channels_last, self.compile = channels_last, compile

    @property
    def leads(self) -> bool:
        """True in the process that writes files."""
        return self.rank == 0

    def prepare(self, learner: Learner) -> None:
        """Bring a learner here, in place, before its first step; one that cannot be trained here is an InputError."""
        learner.to(self.torch_device)
        for network in learner.children() if self.channels_last else ():
            if not self._slow(network):
                to_channels_last(network)
        if self.compile:
            for network in learner.networks():
                network.compile()

    def _slow(self, network: nn.Module) -> bool:
        """Return whether the channels_last layout slows a network down, as group normalisation does on a CPU."""
        return self.torch_device.type == "cpu" and any(isinstance(module, nn.GroupNorm) for module in network.modules())

    def batches(self, data: Data, size: int, seed: int, *, option: str) -> Batches:
        """Give this process its part of each training batch of `size` images; option: where that is set, for errors."""
        return Batches(
            data.train,
            size,
            seed,
            self.torch_device,
            option=option,
            rank=self.rank,
            world=self.world,
            sides=data.sides.get("train"),
            levels=data.levels,
        )

    def updates(self, learner: Learner, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        """Yield the updates of one step, computed in the precision and with the draws of this process."""
        return learner.updates(batches, rng, step)

    def share(self, rng: torch.Generator) -> torch.Generator:
        """The stream of random draws of which this process takes its rows."""
        return rng

    def mean(self, loss: Tensor, gradients: list[Tensor]) -> Tensor:
        """Return the mean of a loss (scalar) over all processes; gradients become theirs in place."""
        del gradients
        return loss

    def wait(self) -> None:
        """Return when all processes have come here."""


def sampling_device(options: HardwareOptions) -> torch.device:
    """Return the device of sampling and likelihoods: the CPU, or where GPUs are asked for the first one here."""
    if options.accelerator == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise InputError("hardware.accelerator: expected cpu, for PyTorch sees no GPU here; got gpu")
    return torch.device("cuda")


def to_channels_last(network: nn.Module) -> None:
    """Change the layout of a network's kernels in place; its outputs follow, for convolutions pass the layout on."""
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.to(memory_format=torch.channels_last)


@contextmanager
def enough_memory(setting: str) -> Iterator[None]:
    """Turn memory that runs out inside, a GPU's or the machine's, into an InputError that says what to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        raise InputError(f"{setting}: out of memory; lower it, or the width of the network") from error

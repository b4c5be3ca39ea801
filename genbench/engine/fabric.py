"""Training on a GPU, in mixed precision, or by several processes on one host or many, through Lightning Fabric.

Fabric finds the machine's devices, starts the processes or joins those of Slurm and torchrun, and lets them talk (gloo
on CPUs, nccl on GPUs). The loop stays the same: each process takes its rows of every batch and of every random draw
(:mod:`genbench.per_image_random`), and losses and gradients are averaged before each update. Where losses are means
over samples that is the very step of one process on the whole batch, up to rounding. On GPUs batch normalisation sees
the whole batch (torch.nn.SyncBatchNorm, which has no form for CPUs); anything else that looks across the batch is
refused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Literal

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from genbench.engine.device import Device
from genbench.engine.learner import Batch, Learner, Update
from genbench.engine.options import HardwareOptions
from genbench.errors import InputError
from genbench.networks import AcrossBatch
from genbench.per_image_random import share

PRECISION: dict[str, Literal["32-true", "bf16-mixed"]] = {"float32": "32-true", "bfloat16": "bf16-mixed"}


class FabricDevice(Device):
    """One of the processes that Fabric started."""

    def __init__(self, options: HardwareOptions) -> None:
        super().__init__(channels_last=options.channels_last, compile=options.compile)
        if options.precision not in PRECISION:
            raise InputError(f"hardware.precision: expected {' or '.join(PRECISION)}, got {options.precision}")
        gpus = torch.cuda.device_count()
        if options.accelerator == "gpu" and gpus < options.devices:
            raise InputError(f"hardware.devices: expected at most the {gpus} GPUs here, got {options.devices}")
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        self._mixed = options.precision != "float32"
        self.world = options.devices * options.hosts
        self.fabric = Fabric(
            accelerator=options.accelerator,
            devices=options.devices,
            num_nodes=options.hosts,
            strategy="ddp" if self.world > 1 else "auto",
            precision=PRECISION[options.precision],
        )
        self.fabric.launch()
        self.rank, self.torch_device = self.fabric.global_rank, self.fabric.device

    def prepare(self, learner: Learner) -> None:
        if self.world > 1:
            if reason := whole_batch(learner) or self._unshared(learner):
                raise InputError(f"hardware.devices: expected 1, got {self.world} processes: {reason}")
            nn.SyncBatchNorm.convert_sync_batchnorm(learner)  # type: ignore[no-untyped-call]
        for network in learner.children() if self._mixed else ():
            network.register_forward_hook(_in_float32)
        super().prepare(learner)

    def _unshared(self, learner: Learner) -> str:
        """Say which networks have batch normalisation that processes cannot share here; "" if they can."""
        names = [name for name, network in learner.named_children() if has_batch_norm(network)]
        if not names or self.torch_device.type != "cpu":
            return ""
        return f"batch normalisation in {', '.join(names)} is shared by processes on GPUs only"

    def updates(self, learner: Learner, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        updates = learner.updates(batches, self.share(rng), step)
        while True:
            with self.fabric.autocast():  # the loop's backward passes and updates stay outside
                update = next(updates, None)
            if update is None:
                return
            yield update

    def share(self, rng: torch.Generator) -> torch.Generator:
        return share(rng, self.rank, self.world, self.torch_device)

    def mean(self, loss: Tensor, gradients: list[Tensor]) -> Tensor:
        if self.world == 1:
            return loss
        flat = torch.cat([loss.flatten(), *(gradient.flatten() for gradient in gradients)])
        self.fabric.all_reduce(flat, reduce_op="mean")
        mean, *parts = torch.split(flat, [1, *(gradient.numel() for gradient in gradients)])
        torch._foreach_copy_(gradients, [part.view(g.shape) for part, g in zip(parts, gradients, strict=True)])
        return mean.squeeze()

    def wait(self) -> None:
        self.fabric.barrier()


def _in_float32(network: nn.Module, inputs: object, output: object) -> object:
    """Give what a network says in bfloat16 in the precision that losses are computed in."""
    del network, inputs
    return output.float() if isinstance(output, Tensor) and output.is_floating_point() else output


def has_batch_norm(network: nn.Module) -> bool:
    """Return whether any layer of a network is batch normalisation."""
    return any(isinstance(module, _BatchNorm) for module in network.modules())


def whole_batch(learner: Learner) -> str:
    """Say why processes cannot share a batch; "" if they can."""
    mixing = {type(module).__name__ for module in learner.modules() if isinstance(module, AcrossBatch)}
    if mixing:
        return f"{', '.join(sorted(mixing))} compares the images of a batch with each other"
    return learner.whole_batch()

"""Batch normalisation over a batch that several processes share, on CPUs and GPUs alike.

Each process has as many images as the others. Mean and variance are those of all of them, E x and E (x − E x)²: two
sums over processes in a pass, and two in its gradient. (torch.nn.SyncBatchNorm does the same on GPUs alone.)
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm


class _Mean(torch.autograd.Function):
    """The mean over processes; what each gets back from it is the mean of what all got back."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return _mean(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _mean(gradients[0])


def _mean(values: Tensor) -> Tensor:
    total = values.clone()
    distributed.all_reduce(total)
    return total / distributed.get_world_size()


def over_processes(values: Tensor) -> Tensor:
    """The mean of each process's values, differentiable."""
    mean: Tensor = _Mean.apply(values)  # type: ignore[no-untyped-call]
    return mean


class SharedBatchNorm(_BatchNorm):
    """Stands in the place of `plain`, with its parameters, buffers and names, so that weights fit either."""

    def __init__(self, plain: _BatchNorm) -> None:
        super().__init__(plain.num_features, plain.eps, plain.momentum, plain.affine, plain.track_running_stats)
        self._parameters, self._buffers = plain._parameters, plain._buffers

    def _check_input_dim(self, input: Tensor) -> None:
        del input

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        axes = [axis for axis in range(input.dim()) if axis != 1]
        shape = [-1 if axis == 1 else 1 for axis in range(input.dim())]
        values = input.float()
        mean = over_processes(values.mean(axes))
        centred = values - mean.view(shape)
        variance = over_processes(centred.square().mean(axes))
        self._remember(mean.detach(), variance.detach(), input.numel() // input.shape[1] * distributed.get_world_size())
        scale = torch.rsqrt(variance + self.eps) * self.weight
        return (centred * scale.view(shape) + self.bias.view(shape)).to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        assert self.running_mean is not None and self.running_var is not None and self.momentum is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)


def share_batch_norms(module: nn.Module) -> None:
    """Put a shared one in the place of every batch normalisation below `module`."""
    for name, child in module.named_children():
        if isinstance(child, _BatchNorm):
            setattr(module, name, SharedBatchNorm(child))
        else:
            share_batch_norms(child)

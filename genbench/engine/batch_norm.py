"""Batch normalisation of averaged weights: Izmailov et al. (2018), stochastic weight averaging, algorithm 1.

The running mean and variance of a layer belong to the weights that made its inputs. An average of weights has neither
the statistics of the latest weights nor their average, so that they are computed anew for it: mean and variance are
reset, and are then the means over `BATCHES` batches that pass through the averaged model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from genbench.engine.batches import Batches
from genbench.engine.learner import Learner

#: Batches that pass through the averaged model.
BATCHES = 64


@torch.no_grad()
def recompute(average: Learner, batches: Batches, rng: torch.Generator) -> None:
    """Compute the statistics of each batch normalisation of an averaged model in evaluation mode, in place.

    batches: stays where it stands, for the first `BATCHES` of the training are taken. rng: of what the model draws.
    """
    layers = batch_norms(average)
    if not layers:
        return
    position, batches.drawn = batches.drawn, 0
    with collecting(layers):
        for batch in islice(batches, BATCHES):
            average.pass_batch(batch, rng)
    batches.drawn = position


def batch_norms(network: nn.Module) -> list[_BatchNorm]:
    """List the batch normalisations of a network."""
    return [module for module in network.modules() if isinstance(module, _BatchNorm)]


@contextmanager
def collecting(layers: list[_BatchNorm]) -> Iterator[None]:
    """Let layers in evaluation mode forget their statistics, and learn those of the batches that pass inside."""
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the mean of all batches, each with the same weight
        layer.train()
    yield
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
        layer.eval()

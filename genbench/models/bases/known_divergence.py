"""Divergence of a model q from the known distribution p that drew the data, over images x of p that no model saw:

    KL(p‖q) = E_p [log p(x) − log q(x)] / (C · H · W · ln 2)    bits per dimension,

which is 0 for q = p alone. Both logarithms are of the same images, so that its standard error is that of their
differences, far below that of either mean. A lower bound of log q gives an upper bound of the divergence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from genbench.data.pixels import scale
from genbench.models.bases.likelihood import LikelihoodModel, bits_per_dimension

Kind = Literal["exact", "upper bound", "estimate"]
BY_LIKELIHOOD: dict[str, Kind] = {"exact": "exact", "lower bound": "upper bound", "estimate": "estimate"}
ROUNDING = 1e-5  # bits per dimension: log q is of numbers in single precision


@dataclass(frozen=True)
class Divergence:
    """The mean over n images in bits per dimension, its standard error, and the kind of that number."""

    value: float
    standard_error: float
    kind: Kind
    n: int

    @property
    def impossible(self) -> bool:
        """Return whether chance does not explain a value below 0, which no divergence has; an estimate may have it."""
        return self.kind != "estimate" and self.value < -3 * self.standard_error - ROUNDING


@torch.no_grad()
def measure(
    model: LikelihoodModel, pixels: np.ndarray, known: np.ndarray, *, draws: int, batch: int, rng: torch.Generator
) -> Divergence | None:
    """Measure the divergence of a model in evaluation mode; None where some image has no finite number.

    pixels: (N, C, H, W) uint8, draws of p, N ≥ 2. known: (N,) their log p in nats. draws, rng: as in
    :meth:`LikelihoodModel.log_likelihood`. batch: images at once.
    """
    parts = torch.split(torch.from_numpy(np.array(pixels)), batch)
    likelihoods = [model.log_likelihood(scale(part.to(model.levels.device)), draws=draws, rng=rng) for part in parts]
    log_q = torch.cat([likelihood.nats for likelihood in likelihoods]).double().cpu()
    bits = bits_per_dimension(log_q - torch.from_numpy(known), model.shape)
    value, error = float(bits.mean()), float(bits.std() / math.sqrt(len(bits)))
    if not math.isfinite(error):
        return None
    return Divergence(value, error, BY_LIKELIHOOD[likelihoods[0].kind], len(bits))

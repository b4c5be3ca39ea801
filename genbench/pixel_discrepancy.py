"""How far samples are from the validation images, without the ruler: what weights without a likelihood are chosen by.

The squared maximum mean discrepancy of N real images x and M samples y, flattened and in [-1, 1], with the kernel
k(a, b) = (⟨a, b⟩ / D + 1)³ of the kernel inception distance (Bińkowski et al. 2018, section 4.3), here on pixels:

    mean of k(x_i, x_j) over i ≠ j + mean of k(y_i, y_j) over i ≠ j − 2 · mean of k(x_i, y_j).

It is unbiased, may be negative, and sees the first three moments of the pixels. No feature extractor takes part, so
that what the leaderboard measures is not what chose the weights.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from genbench.batches import scale
from genbench.model import Data, Model

#: Of each kind at most, and samples at once.
IMAGES = 1000
BATCH = 180


@torch.no_grad()
def to_validation(model: Model, data: Data, rng: torch.Generator) -> float | None:
    """The discrepancy of as many samples as there are validation images; None where there are fewer than two."""
    n = min(len(data.validation), IMAGES)
    if n < 2:
        return None
    chosen = torch.randperm(len(data.validation), generator=rng)[:n].numpy()
    real = scale(torch.from_numpy(np.asarray(data.validation.pixels[np.sort(chosen)])))
    fake = torch.cat([model.sample(min(BATCH, n - start), rng=rng) for start in range(0, n, BATCH)])
    return squared_discrepancy(real.to(fake.device), fake)


def squared_discrepancy(real: Tensor, fake: Tensor) -> float:
    """Of images (N, C, H, W) and (M, C, H, W), N and M at least 2; NaN where a sample is not finite."""
    x, y = (images.flatten(1).double() for images in (real, fake))
    return float(_within(x) + _within(y) - 2 * _kernel(x, y).mean())


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _within(x: Tensor) -> Tensor:
    """The mean of the kernel over pairs of two."""
    return _kernel(x, x).fill_diagonal_(0).sum() / (len(x) * (len(x) - 1))

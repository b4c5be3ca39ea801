"""Distribution of single grey levels for any number of them: a mixture of discretised logistics for each number.

That of PixelCNN++ (Salimans et al. 2017) without its links between channels, as in :mod:`genbench.models.pixelcnn`:
each number has M components of a share, a mean and a scale, which a network gives in 3 M outputs. The size of the
network does not depend on the number of levels, and M components at the levels themselves are any distribution on M.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.models.pixelcnn import draw, log_mixture, outputs_of, split

#: Outputs a component.
PARTS = outputs_of(1, 1)


def log_probability(outputs: Tensor, index: Tensor, levels: Tensor) -> Tensor:
    """Return log P of levels (B, N), in nats, from outputs (B, 3 M, N)."""
    return log_mixture(index[:, None, :, None], split(outputs.contiguous()[..., None], 1), levels)[..., 0]


def draw_values(outputs: Tensor, levels: Tensor, rng: torch.Generator) -> Tensor:
    """Draw values (B, N) on the grey levels in [-1, 1], each by itself, from outputs (B, 3 M, N)."""
    single = outputs.transpose(1, 2).flatten(0, 1)
    uniform = torch.rand(len(single), 2, generator=rng).to(outputs.device)
    return draw(single, uniform, levels).view(len(outputs), -1)

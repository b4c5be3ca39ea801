"""Calibration row: a kernel density estimate, a normal density around every training image.

    p(x) = 1/N Σ_i N(x; x_i, h² I)    (Parzen 1962),

of which each grey level has the mass of its bin (:mod:`genbench.models.bases.grey_levels`): the likelihood is exact. A
sample is a training image under noise, rounded to grey levels. Where h is not given, it is the best of `BANDWIDTHS` on
the validation split. The row shows what a metric makes of copies under noise, which is what its samples are.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Data
from genbench.models.bases.grey_levels import log_gaussian, value_of
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of
from genbench.options import Positive

FAMILY = "calibration"
#: Bandwidths to choose from, in grey steps.
BANDWIDTHS = tuple(2 ** (power / 2) for power in range(-4, 13))
#: Images and kernels compared at a time: what 2 MB hold, which stay in a processor's cache.
IMAGES, KERNELS = 64, 4096


class KernelDensity(LikelihoodModel):
    """`kernels`: levels (N, C, H, W) uint8 of the training images. `bandwidth`: h in grey steps."""

    kernels: Tensor
    bandwidth: Tensor

    def __init__(self, shape: Shape, bandwidth: float | None) -> None:
        super().__init__(shape)
        self._given = bandwidth
        self.register_buffer("kernels", torch.zeros(0, *shape, dtype=torch.uint8))
        self.register_buffer("bandwidth", torch.tensor(bandwidth or 1.0, dtype=torch.float64))

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.kernels = self._levels(torch.tensor(data.train.pixels)).to(torch.uint8)
        if self._given is None and len(data.validation):
            index = self._levels(torch.tensor(data.validation.pixels))
            self.bandwidth.fill_(max(BANDWIDTHS, key=lambda width: float(self._log_probability(index, width).mean())))

    def _levels(self, pixels: Tensor) -> Tensor:
        return level_of(scale(pixels), self.levels)

    def _log_probability(self, index: Tensor, bandwidth: float) -> Tensor:
        """log P of levels (B, C, H, W), (B,) float64."""
        levels = int(self.levels)
        each = torch.arange(levels, device=index.device)
        step = 2 / (levels - 1)
        table = log_gaussian(each[:, None], value_of(each, self.levels)[None], bandwidth * step, self.levels).double()
        kernels = torch.split(self.kernels.flatten(1).T.long(), KERNELS, dim=1)
        logs = [
            torch.stack([_sums(table.T, rows.T, part).logsumexp(0) for part in kernels]).logsumexp(0)
            for rows in torch.split(index.flatten(1), IMAGES)
        ]
        return torch.cat(logs) - math.log(len(self.kernels))

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        nats = self._log_probability(level_of(images, self.levels), float(self.bandwidth))
        return Likelihood(nats, "exact", "normal kernels around the training images")

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Training images under noise, with replacement."""
        chosen = torch.randint(len(self.kernels), (n,), generator=rng).to(self.kernels.device)
        noise = torch.randn(n, *self.shape, generator=rng).to(self.kernels.device)
        moved = self.kernels[chosen] + float(self.bandwidth) * noise
        return value_of(moved.round().clamp(min=0).minimum(self.levels - 1), self.levels)

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: object) -> None:
        # The number of images is known only from the weights, so the buffer takes their shape before the copy.
        self.kernels = torch.empty_like(state_dict[f"{prefix}kernels"])
        super()._load_from_state_dict(state_dict, prefix, *args)


def _sums(table: Tensor, rows: Tensor, kernels: Tensor) -> Tensor:
    """Sum table[kernel, row] over pixels for every image (D, B) and kernel (D, N) of levels, (N, B).

    Rows of a table are copied whole, many times faster than single entries are looked up.
    """
    total = table.new_zeros(kernels.shape[1], rows.shape[1])
    for row, kernel in zip(rows, kernels, strict=True):
        total += table[:, row][kernel]
    return total


def build(shape: Shape, *, bandwidth: Positive | None = None) -> KernelDensity:
    """`bandwidth` is h in grey steps; where it is not given, it is chosen on the validation split."""
    return KernelDensity(shape, bandwidth)

"""Squared distances of all pairs by torch, on a GPU say: blocks of float64 products, searched on the device.

The results of a block come back as NumPy's arrays, and exact distances are NumPy's. Vectors go over block by block, so
that the device holds no more for many of them.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from genbench.metrics.numerics.backend import room
from genbench.metrics.numerics.pairs import CentredRows, Pairs, slices

SIDE = 4096  # rows and columns of a block, where there is room: the larger, the fewer pairs seem near at first
NARROW = 64  # and where there is little
SQUARES = 8  # float64 numbers of a block that are held at once, for each pair
LINES = 6  # and for each dimension of its rows and columns


class TorchPairs(Pairs):
    """Pairs of each row of `left` (N, D) with each row of `right` (M, D); a block is a float64 tensor on `device`."""

    _left: TorchCentredRows
    _right: TorchCentredRows

    def __init__(self, left: np.ndarray, right: np.ndarray, device: str) -> None:
        self._device = device
        self._side = side(left.shape[1], room(device))
        super().__init__(left, right)

    def slices(self, n: int) -> list[slice]:
        return slices(n, self._side)

    def product(self, at: slice, to: slice, *, precise: bool = False) -> Tensor:
        del precise
        a, b = self._left.on_device(at), self._right.on_device(to)
        return (-2 * a) @ b.T

    def kernel_sums(
        self, product: Tensor, at: slice, to: slice, copies: np.ndarray, copies_of_other: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        values = self._cubes(product, self._tensor(self._left.along[at])[:, None], self._tensor(self._right.along[to]))
        return _array(values @ self._tensor(copies_of_other)), _array(self._tensor(copies) @ values)

    def kernel_diagonal(self, product: Tensor, at: slice) -> np.ndarray:
        along = self._tensor(self._left.along[at])
        return _array(self._cubes(product.diagonal(), along, along))

    def _cubes(self, product: Tensor, along: Tensor, along_other: Tensor) -> Tensor:
        dimensions = len(self.centre)
        values = product * (-0.5 * self.unit**2 / dimensions)
        values += along / dimensions + 1
        values += along_other / dimensions
        return values.pow_(3)

    def gaussian_sums(self, product: Tensor, at: slice, to: slice, sigma: float) -> tuple[np.ndarray, np.ndarray]:
        values = product + self._tensor(self._left.norms[at])[:, None]
        values += self._tensor(self._right.norms[to])
        values.clamp_(min=0)
        if self.left is self.right and at == to:
            values.fill_diagonal_(0)
        values.mul_(-0.5 * (self.unit / sigma) ** 2).exp_()
        return _array(values.sum(1)), _array(values.sum(0))

    def lower_bounds(self, product: Tensor, at: slice, to: slice) -> Tensor:
        product += self._tensor(self._left.lower_share(at, np.dtype(np.float64)))[:, None]
        product += self._tensor(self._right.lower_share(to, np.dtype(np.float64)))
        return product

    def without_diagonal(self, low: Tensor) -> Tensor:
        return low.fill_diagonal_(np.inf)

    def _smallest(self, low: Tensor, k: int) -> np.ndarray:
        return _array(low.amin(1) if k == 1 else low.kthvalue(k, dim=1).values)

    def _pairs_within(
        self, low: Tensor, row_limits: np.ndarray, column_limits: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        mask = low <= self._tensor(row_limits)[:, None]
        mask |= low <= self._tensor(column_limits)
        index = mask.flatten().nonzero().squeeze(1)
        return _array(index), _array(low.flatten()[index])

    def _type(self, low: Tensor) -> np.dtype:
        del low
        return np.dtype(np.float64)

    def _centred(self, vectors: np.ndarray) -> TorchCentredRows:
        return TorchCentredRows(vectors, self.centre, self.unit, self._device, self._side)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return _tensor(values, self._device)


class TorchCentredRows(CentredRows):
    """One side of the pairs, shifted and scaled on the device, block by block."""

    def __init__(self, vectors: np.ndarray, centre: np.ndarray, unit: float, device: str, side: int) -> None:
        self.vectors, self.centre, self.unit = vectors, centre, unit
        self._device, self._centre = device, _tensor(centre, device)
        self.norms, self.along = np.empty(len(vectors)), np.empty(len(vectors))
        for part in slices(len(vectors), side):
            rows = self.on_device(part)
            self.norms[part] = _array(rows.square().sum(1))
            self.along[part] = _array(rows @ self._centre) * unit + centre @ centre / 2

    def on_device(self, part: slice) -> Tensor:
        """Give x − c, over the unit, of some rows."""
        return _tensor(self.vectors[part], self._device).sub_(self._centre).div_(self.unit)

    def roundoff(self, dtype: np.dtype) -> float:
        # Another D u for the norms, whose order of summing is the device's.
        return super().roundoff(dtype) + len(self.centre) * float(np.finfo(dtype).eps) / 2


def side(dimensions: int, memory: float) -> int:
    """Choose the rows and columns of a block, for vectors of so many dimensions and bytes of memory."""
    found = SIDE
    while found > NARROW and 8 * (SQUARES * found**2 + LINES * found * dimensions) > memory:
        found //= 2
    return found


def _tensor(values: np.ndarray, device: str) -> Tensor:
    return torch.tensor(np.ascontiguousarray(values), device=device).to(torch.float64)


def _array(values: Tensor) -> np.ndarray:
    array: np.ndarray = values.cpu().numpy()
    return array

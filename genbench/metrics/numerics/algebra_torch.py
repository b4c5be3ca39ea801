"""The products and factorisations that a Fréchet distance is made of, in float64, by torch, on a GPU say."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from genbench.metrics.numerics.algebra import Algebra


class TorchAlgebra(Algebra):
    """Torch's algebra on one device: arrays go over and results come back with each call."""

    def __init__(self, device: str) -> None:
        self._device = device

    def gram(self, blocks: Iterable[np.ndarray], dimensions: int) -> np.ndarray:
        total = torch.zeros((dimensions, dimensions), dtype=torch.float64, device=self._device)
        for block in blocks:
            rows = self._tensor(block)
            total.addmm_(rows.T, rows)
        return _array(total.tril_())

    def cholesky(self, lower: np.ndarray) -> np.ndarray | None:
        factor, fault = torch.linalg.cholesky_ex(self._tensor(lower))
        return None if fault.item() else _array(factor)

    def congruent(self, lower: np.ndarray, factor: np.ndarray) -> np.ndarray:
        half, root = self._tensor(lower), self._tensor(factor)
        whole = half + half.tril(-1).T
        return _array(torch.linalg.eigvalsh(root.T @ whole @ root))

    def product(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return _array(self._tensor(left) @ self._tensor(right).T)

    def squares(self, matrix: np.ndarray) -> np.ndarray:
        rows = self._tensor(matrix)
        return _array(torch.linalg.eigvalsh(rows @ rows.T))

    def triangle(self, matrix: np.ndarray) -> np.ndarray:
        return _array(torch.linalg.qr(self._tensor(matrix), mode="r").R)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(np.ascontiguousarray(values), device=self._device)


def _array(values: Tensor) -> np.ndarray:
    array: np.ndarray = values.cpu().numpy()
    return array

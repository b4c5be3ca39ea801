"""Inception-v3, in the form that FID is defined by and in the form of torchvision.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, "Rethinking the inception architecture for computer vision" (2016). The two
forms share the convolutions and their names. The network of the 2015 TensorFlow release, which published FIDs use,
differs in three places: averages over 3 × 3 neighbours leave out the padding, the last block takes a maximum where
the others take an average, and it has 1008 classes instead of 1000.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, relu

from genbench.extractors._network import Seen

SIZE = 299  # pixels a side
VECTOR = 2048
SPATIAL = 7  # channels of the spatial layer: 7 × 17 × 17 = 2023 numbers, about as many as the vector has

#: Earlier layers: averages over the image after each reduction of its size, named by their width, and a spatial one,
#: the first channels of a 17 × 17 block as they are (Nash et al., "Generating images with sparse representations",
#: 2021, for sFID).
LAYERS = ("mean_64", "mean_192", "mean_768", "spatial")

Pool = Callable[[Tensor], Tensor]
Size = int | tuple[int, int]


class Convolution(nn.Module):
    """A convolution without bias, batch normalisation, and rectification."""

    def __init__(self, inputs: int, width: int, kernel: Size, stride: int = 1, padding: Size = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, width, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(width, eps=0.001)

    def forward(self, images: Tensor) -> Tensor:
        return relu(self.bn(self.conv(images)), inplace=True)


@dataclass(frozen=True)
class Step:
    """One convolution of a branch. Stride 1 keeps the size of the image; stride 2 halves it, without padding."""

    name: str
    width: int
    kernel: Size
    stride: int = 1

    def module(self, inputs: int) -> Convolution:
        high, wide = (self.kernel, self.kernel) if isinstance(self.kernel, int) else self.kernel
        padding = (high // 2, wide // 2) if self.stride == 1 else 0
        return Convolution(inputs, self.width, (high, wide), self.stride, padding)


#: A branch is a chain of steps; a pair at its end is two steps side by side, on the same input.
Branch = Sequence[Step | tuple[Step, Step]]


class Mixed(nn.Module):
    """Branches side by side, concatenated, the pooled one last."""

    def __init__(self, inputs: int, branches: Sequence[Branch], pool: Pool, pooled: int = 0) -> None:
        super().__init__()
        self._branches, self._pool, self._pooled = branches, pool, pooled
        self.width = pooled or inputs
        for branch in branches:
            width = inputs
            for part in branch:
                steps = part if isinstance(part, tuple) else (part,)
                for step in steps:
                    self.add_module(step.name, step.module(width))
                width = sum(step.width for step in steps)
            self.width += width
        if pooled:
            self.branch_pool = Convolution(inputs, pooled, 1)

    def forward(self, images: Tensor) -> Tensor:
        outputs: list[Tensor] = []
        for branch in self._branches:
            x = [images]
            for part in branch:
                steps = part if isinstance(part, tuple) else (part,)
                x = [self.get_submodule(step.name)(x[0]) for step in steps]
            outputs += x
        pooled = self._pool(images)
        return torch.cat([*outputs, self.branch_pool(pooled) if self._pooled else pooled], 1)


def reduction(images: Tensor) -> Tensor:
    """Maximum over 3 × 3 neighbours at every second place."""
    return max_pool2d(images, 3, 2)


def _grid_35(inputs: int, pooled: int, pool: Pool) -> Mixed:
    fives = [Step("branch5x5_1", 48, 1), Step("branch5x5_2", 64, 5)]
    threes = [Step("branch3x3dbl_1", 64, 1), Step("branch3x3dbl_2", 96, 3), Step("branch3x3dbl_3", 96, 3)]
    return Mixed(inputs, [[Step("branch1x1", 64, 1)], fives, threes], pool, pooled)


def _to_grid_17(inputs: int) -> Mixed:
    threes = [Step("branch3x3dbl_1", 64, 1), Step("branch3x3dbl_2", 96, 3), Step("branch3x3dbl_3", 96, 3, 2)]
    return Mixed(inputs, [[Step("branch3x3", 384, 3, 2)], threes], reduction)


def _grid_17(inputs: int, width: int, pool: Pool) -> Mixed:
    single = [Step("branch7x7_1", width, 1), Step("branch7x7_2", width, (1, 7)), Step("branch7x7_3", 192, (7, 1))]
    double = [
        Step("branch7x7dbl_1", width, 1),
        Step("branch7x7dbl_2", width, (7, 1)),
        Step("branch7x7dbl_3", width, (1, 7)),
        Step("branch7x7dbl_4", width, (7, 1)),
        Step("branch7x7dbl_5", 192, (1, 7)),
    ]
    return Mixed(inputs, [[Step("branch1x1", 192, 1)], single, double], pool, 192)


def _to_grid_8(inputs: int) -> Mixed:
    threes = [Step("branch3x3_1", 192, 1), Step("branch3x3_2", 320, 3, 2)]
    sevens = [
        Step("branch7x7x3_1", 192, 1),
        Step("branch7x7x3_2", 192, (1, 7)),
        Step("branch7x7x3_3", 192, (7, 1)),
        Step("branch7x7x3_4", 192, 3, 2),
    ]
    return Mixed(inputs, [threes, sevens], reduction)


def _grid_8(inputs: int, pool: Pool) -> Mixed:
    single: Branch = [
        Step("branch3x3_1", 384, 1),
        (Step("branch3x3_2a", 384, (1, 3)), Step("branch3x3_2b", 384, (3, 1))),
    ]
    double: Branch = [
        Step("branch3x3dbl_1", 448, 1),
        Step("branch3x3dbl_2", 384, 3),
        (Step("branch3x3dbl_3a", 384, (1, 3)), Step("branch3x3dbl_3b", 384, (3, 1))),
    ]
    return Mixed(inputs, [[Step("branch1x1", 320, 1)], single, double], pool, 192)


class Inception(nn.Module):
    """float32 images (B, 3, 299, 299), 0 to 255, to vectors (B, 2048), logits (B, K) and the earlier layers.

    fid: the form of the 2015 release, whose Inception Score is of logits without their bias (Salimans et al., 2016,
    in their code); otherwise torchvision's.
    """

    def __init__(self, fid: bool) -> None:
        super().__init__()
        self._fid = fid
        average = partial(avg_pool2d, kernel_size=3, stride=1, padding=1, count_include_pad=not fid)
        maximum = partial(max_pool2d, kernel_size=3, stride=1, padding=1)
        self.Conv2d_1a_3x3 = Convolution(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Convolution(32, 32, 3)
        self.Conv2d_2b_3x3 = Convolution(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Convolution(64, 80, 1)
        self.Conv2d_4a_3x3 = Convolution(80, 192, 3)
        self.Mixed_5b = _grid_35(192, 32, average)
        self.Mixed_5c = _grid_35(256, 64, average)
        self.Mixed_5d = _grid_35(288, 64, average)
        self.Mixed_6a = _to_grid_17(288)
        self.Mixed_6b = _grid_17(768, 128, average)
        self.Mixed_6c = _grid_17(768, 160, average)
        self.Mixed_6d = _grid_17(768, 160, average)
        self.Mixed_6e = _grid_17(768, 192, average)
        self.Mixed_7a = _to_grid_8(768)
        self.Mixed_7b = _grid_8(1280, average)
        self.Mixed_7c = _grid_8(2048, maximum if fid else average)
        self.fc = nn.Linear(VECTOR, 1008 if fid else 1000)

    def forward(self, images: Tensor) -> Seen:
        x = (images - 128) / 128 if self._fid else images / 127.5 - 1
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        first = reduction(x)
        second = reduction(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(first)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(second)))
        spatial = self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x))))
        third = self.Mixed_6e(spatial)
        vectors = _average(self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(third))))
        layers = {"mean_64": _average(first), "mean_192": _average(second), "mean_768": _average(third)}
        layers["spatial"] = spatial[:, :SPATIAL].flatten(1)
        return Seen(vectors, vectors @ self.fc.weight.T if self._fid else self.fc(vectors), layers)


def _average(images: Tensor) -> Tensor:
    return images.mean((2, 3))

"""Flows of several scales, made of layers that are inverted exactly: Dinh, Sohl-Dickstein, Bengio (2017), section 3.

After each scale but the last, half of the channels leave as codes and the rest goes on (equations 13 to 16). Layers
here are those that several flows use: the affine coupling and the squeeze.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.data.images import Shape
from genbench.data.pixels import scale as to_float
from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.models.bases.flow import Flow, Pushed
from genbench.models.bases.likelihood import dequantise

#: Training images that layers are initialised with.
FIRST = 256


class Layer(nn.Module, ABC):
    """An invertible map of images (B, C, H, W)."""

    @abstractmethod
    def forward(self, x: Tensor) -> Pushed:
        """Apply the map."""

    @abstractmethod
    def inverse(self, z: Tensor) -> Tensor:
        """Apply the inverse map."""

    def initialise(self, x: Tensor) -> None:
        """Initialise parameters from a first batch (B, C, H, W)."""
        del x


class Squeeze(Layer):
    """Each 2 × 2 block of pixels becomes four channels (section 3.6)."""

    def forward(self, x: Tensor) -> Pushed:
        return Pushed(functional.pixel_unshuffle(x, 2), x.new_zeros(len(x)))

    def inverse(self, z: Tensor) -> Tensor:
        return functional.pixel_shuffle(z, 2)


class Coupling(Layer):
    """x ↦ m x + (1 − m)(x eˢ + t), where `network` gives (s, t) from m x (sections 3.2 to 3.4).

    The scale is s = reach · tanh(r), r what the network says, with a learnt reach of each channel. A network whose
    last layer starts at zero makes it the identity at first.
    """

    mask: Tensor

    def __init__(self, channels: int, mask: Tensor, network: nn.Module) -> None:
        super().__init__()
        self.register_buffer("mask", mask, persistent=False)
        self.network = network
        self.reach = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Pushed:
        log_scale, shift = self._terms(x)
        return Pushed(x * log_scale.exp() + shift, log_scale.flatten(1).sum(1))

    def inverse(self, z: Tensor) -> Tensor:
        log_scale, shift = self._terms(z)  # what the mask keeps is the same in x and z
        return (z - shift) * (-log_scale).exp()

    def _terms(self, x: Tensor) -> tuple[Tensor, Tensor]:
        raw, shift = self.network(self.mask * x).chunk(2, dim=1)
        free = 1 - self.mask
        return free * self.reach * raw.tanh(), free * shift


def checkerboard(shape: Shape, parity: int) -> Tensor:
    """Return a mask (1, H, W) of ones where row plus column is of this parity."""
    rows, columns = torch.arange(shape[1])[:, None], torch.arange(shape[2])
    return ((rows + columns) % 2 == parity).float()[None]


def channels_mask(channels: int, parity: int) -> Tensor:
    """Return a mask (C, 1, 1) of ones in the first half of the channels (parity 0) or the second (1)."""
    first = torch.arange(channels) < channels // 2
    return (first == (parity == 0)).float()[:, None, None]


def squeezed(shape: Shape) -> Shape:
    """Return the shape after a squeeze."""
    return 4 * shape[0], shape[1] // 2, shape[2] // 2


def halved(shape: Shape) -> Shape:
    """Return the shape of either half of the channels."""
    return shape[0] // 2, shape[1], shape[2]


def require_squeezes(shape: Shape, times: int, scales: int) -> None:
    """Refuse an image that can't be squeezed as often as its scales ask for."""
    if shape[1] % 2**times or shape[2] % 2**times:
        raise InputError(
            f"scales: {scales} scales halve the image {times} times: expected a height and width divisible by "
            f"{2**times}, got {shape[1]}×{shape[2]}"
        )


class Scale(Layer):
    """Layers one after another."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def __iter__(self) -> Iterator[Layer]:
        for layer in self.layers:
            assert isinstance(layer, Layer)
            yield layer

    def initialise(self, x: Tensor) -> None:
        for layer in self:
            layer.initialise(x)
            x = layer(x).value

    def forward(self, x: Tensor) -> Pushed:
        logdet = x.new_zeros(len(x))
        for layer in self:
            x, change = layer(x)
            logdet = logdet + change
        return Pushed(x, logdet)

    def inverse(self, z: Tensor) -> Tensor:
        for layer in reversed(list(self)):
            z = layer.inverse(z)
        return z


class MultiScale(Flow):
    """A flow of scales; from the end of each but the last, the second half of the channels leaves."""

    def __init__(self, shape: Shape, scales: Sequence[Sequence[Layer]], lr: float) -> None:
        super().__init__(shape, lr)
        *before, last = [Scale(layers) for layers in scales]
        self.before, self.last = nn.ModuleList(before), last
        self._leaving: list[Shape] = []  # the shape of the codes of each scale
        for scale in [*before, last]:
            shape = squeezed(shape) if any(isinstance(layer, Squeeze) for layer in scale) else shape
            shape = halved(shape) if scale is not last else shape
            self._leaving.append(shape)

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        images = to_float(torch.tensor(data.train.pixels[:FIRST], device=self.levels.device))
        with torch.no_grad():
            x = self.from_cube(dequantise(images, self.levels, rng)).value
            for scale in self._before():
                scale.initialise(x)
                x = scale(x).value.chunk(2, dim=1)[0]
            self.last.initialise(x)

    def forward(self, x: Tensor) -> Pushed:
        codes, total = [], x.new_zeros(len(x))
        for scale in self._before():
            x, logdet = scale(x)
            x, leaving = x.chunk(2, dim=1)
            codes.append(leaving.flatten(1))
            total = total + logdet
        x, logdet = self.last(x)
        return Pushed(torch.cat([*codes, x.flatten(1)], dim=1), total + logdet)

    def inverse(self, codes: Tensor) -> Tensor:
        parts = torch.split(codes, [math.prod(shape) for shape in self._leaving], dim=1)
        *left, rest = (part.reshape(-1, *shape) for part, shape in zip(parts, self._leaving, strict=True))
        x = self.last.inverse(rest)
        for scale, leaving in zip(reversed(self._before()), reversed(left), strict=True):
            x = scale.inverse(torch.cat([x, leaving], dim=1))
        return x

    def _before(self) -> list[Scale]:
        return [scale for scale in self.before if isinstance(scale, Scale)]

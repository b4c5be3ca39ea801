"""The generator of CycleGAN: Zhu, Park, Isola, Efros (2017), section 4 and appendix 7.2, after Johnson et al. (2016).

A kernel of 7×7, halvings by 3×3, residual blocks on the small grid, as many doublings, and a kernel of 7×7: no skips
over the blocks. Each image is normalised by itself (Ulyanov et al. 2016) and reflected at its borders. Sides that are
odd are rounded up on the way down and met again on the way up.
"""

from __future__ import annotations

from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks._parts import start
from genbench.networks.dcgan import initialise


class ResidualTranslator(nn.Module):
    """Sources (B, C, H, W) to images of the same shape, both in [-1, 1].

    width: channels at full size, which double with each halving. blocks: how many are residual.
    """

    def __init__(self, shape: Shape, *, width: int, halvings: int, blocks: int) -> None:
        super().__init__()
        grids = [start(shape, level) for level in range(halvings + 1)]
        if min(shape[1:]) < 4 or min(grids[-1]) < 2:
            raise InputError(
                "halvings: expected images of at least 4×4 pixels, and 2×2 after they are halved so often; got "
                f"{shape[1]}×{shape[2]} and {halvings} halvings"
            )
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(shape[0], width, 7), *normalised(width)]
        for level in range(halvings):
            before, after = width << level, width << level + 1
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), *normalised(after)]
        layers += [Residual(width << halvings) for _ in range(blocks)]
        for level in reversed(range(halvings)):
            before, after = width << level + 1, width << level
            even = (1 - grids[level][0] % 2, 1 - grids[level][1] % 2)
            up = nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=even)
            layers += [up, *normalised(after)]
        self.layers = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, shape[0], 7), nn.Tanh())
        initialise(self)

    def forward(self, sources: Tensor) -> Tensor:
        images: Tensor = self.layers(sources)
        return images


class Residual(nn.Module):
    """A block x + f(x) of two kernels of 3×3, with no rectifier after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second = (nn.Conv2d(channels, channels, 3) for _ in range(2))
        pad, last = nn.ReflectionPad2d(1), nn.InstanceNorm2d(channels)
        self.layers = nn.Sequential(pad, first, *normalised(channels), pad, second, last)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.layers(x)
        return out


def normalised(channels: int) -> list[nn.Module]:
    """Return the layers after a kernel: each channel of an image to mean 0 and variance 1, and a rectifier."""
    return [nn.InstanceNorm2d(channels), nn.ReLU()]

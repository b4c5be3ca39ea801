"""A critic of patches, PatchGAN: Isola, Zhu, Zhou, Efros (2017), section 3.2.2 and appendix 6.1.2.

Convolutions judge each patch of an image alone. After n halvings (kernels 4×4, stride 2) come two kernels of 4×4 that
keep the size but for a pixel, so that a number depends on 9 · 2ⁿ − 2 pixels a side: 7, 16, 34, 70 (the paper's), 142,
286. With a field of 1, kernels are 1×1 and pixels are judged alone. Layers after the first are normalised; `batch`, as
in the paper, and `layer` let a number depend on the whole image by its mean and variance, `none` keeps to the patch.
"""

from __future__ import annotations

from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks import Critic
from genbench.networks._parts import CriticNorm, norm
from genbench.networks.dcgan import initialise

#: Pixels a side of what a number depends on, and the halvings that make it; pixels alone have none.
FIELDS = {1: 0} | {9 * 2**halvings - 2: halvings for halvings in range(6)}
#: The most that channels grow by.
WIDEST = 8


class PatchCritic(Critic):
    """Images (B, C, H, W) to a number a patch, (B · h · w, outputs), those of an image one after the other.

    Losses and penalties take each patch as they take an image. features: to (B, F, h, w). head: a convolution.
    """

    def forward(self, images: Tensor) -> Tensor:
        return self.patches(images).movedim(1, -1).flatten(0, 2)

    def patches(self, images: Tensor) -> Tensor:
        """Judge each patch where it is, (B, outputs, h, w)."""
        numbers: Tensor = self.head(self.features(images))
        return numbers


def build(shape: Shape, outputs: int, *, receptive_field: int, width: int, critic_norm: CriticNorm) -> PatchCritic:
    """Build a critic of patches of `receptive_field` pixels a side; width: its channels in the first layer.

    shape: (C, H, W) of what is judged; a conditional critic has the channels of condition and image.
    """
    if receptive_field not in FIELDS:
        raise InputError(f"receptive_field: expected one of {', '.join(map(str, FIELDS))}, got {receptive_field}")
    halvings, alone = FIELDS[receptive_field], receptive_field == 1
    if not alone and min(shape[1:]) >> halvings < 3:
        raise InputError(
            f"receptive_field: {receptive_field} takes images of at least {3 << halvings} pixels a side, "
            f"got {shape[1]}×{shape[2]}"
        )
    kernel, padding, before = (1, 0, shape[0]) if alone else (4, 1, shape[0])
    layers: list[nn.Module] = []
    for level in range(halvings + 1 + alone):
        after = width * min(2**level, WIDEST)
        normalised = norm(critic_norm, after) if level else []
        stride = 2 if level < halvings else 1
        layers += [nn.Conv2d(before, after, kernel, stride=stride, padding=padding, bias=not normalised)]
        layers += [*normalised, nn.LeakyReLU(0.2)]
        before = after
    critic = PatchCritic(nn.Sequential(*layers), nn.Conv2d(before, outputs, kernel, padding=padding))
    initialise(critic)
    return critic

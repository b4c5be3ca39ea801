"""A critic of pairs of an image and a code: Donahue, Krähenbühl, Darrell (2017); Donahue and Simonyan (2019).

A pair (x, z) is one row of numbers, the image's pixels and then the code's. A tower F sees the image, the features of
an ordinary critic, and a small one H the code; a head J reads both. F and H are shared by the unary terms of BigBiGAN,
which judge one half of the pair alone by a linear layer:

    s_xz = J(F(x), H(z)),    s_x = θ_x · F(x),    s_z = θ_z · H(z).

Where F is spectrally normalised, all other weights are as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.networks import Critic, is_spectral
from genbench.networks._spectral import spectrally


def pairs(images: Tensor, codes: Tensor) -> Tensor:
    """Join images (B, C, H, W) and codes (B, latent) to pairs (B, C·H·W + latent)."""
    return torch.cat([images.flatten(1), codes], dim=1)


class Towers(nn.Module):
    """Pairs to the features of both halves, (B, F + width)."""

    def __init__(self, shape: Shape, images: nn.Module, codes: nn.Module) -> None:
        super().__init__()
        self.shape, self.images, self.codes = shape, images, codes

    def forward(self, pairs: Tensor) -> Tensor:
        images, codes = pairs.tensor_split([math.prod(self.shape)], dim=1)
        return torch.cat([self.images(images.view(-1, *self.shape)), self.codes(codes)], dim=1)


class Heads(nn.Module):
    """Features of both halves to the score of the pair and those of its halves that are asked for, (B, 1 to 3)."""

    def __init__(self, sizes: tuple[int, int], width: int, *, of_image: bool, of_code: bool) -> None:
        super().__init__()
        self._first = sizes[0]
        self.joint = nn.Sequential(*hidden(sum(sizes), width), nn.Linear(width, 1))
        self.image = nn.Linear(sizes[0], 1) if of_image else None
        self.code = nn.Linear(sizes[1], 1) if of_code else None

    def forward(self, features: Tensor) -> Tensor:
        image, code = features.tensor_split([self._first], dim=1)
        unary = [head(half) for head, half in ((self.image, image), (self.code, code)) if head is not None]
        return torch.cat([self.joint(features), *unary], dim=1)


def hidden(size: int, width: int) -> Sequence[nn.Module]:
    """Build two hidden layers of `width` units."""
    return nn.Linear(size, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2)


def joint_critic(shape: Shape, latent: int, critic: Critic, width: int, *, of_image: bool, of_code: bool) -> Critic:
    """Build a critic of pairs with the features of `critic`, a critic of images that is not used otherwise.

    Its outputs are the scores of the pair, of the image and of the code, the last two where they are asked for.
    """
    assert isinstance(critic.head, nn.Linear)
    codes = nn.Sequential(*hidden(latent, width))
    heads = Heads((critic.head.in_features, width), width, of_image=of_image, of_code=of_code)
    spectrally(Critic(codes, heads), is_spectral(critic))
    return Critic(Towers(shape, critic.features, codes), heads)

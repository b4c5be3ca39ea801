"""Pictures of what a model's codes mean: reconstructions, interpolations, traversals, and the plane of two codes.

Each function gives a grid of images, (rows, columns, C, H, W) in [-1, 1], of any model that can be written as a
:class:`Coder`: a VAE or an autoencoder. A model whose codes are not vectors, as a VQ-VAE's are not, has
reconstructions alone. The model should be in evaluation mode; nothing is random.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor


class Coder(Protocol):
    """Encoder and decoder. encode: images (B, C, H, W) to codes, (B, latent) if vectors. decode: codes to images."""

    def encode(self, images: Tensor) -> Tensor:
        """Encode images (B, C, H, W)."""
        ...

    def decode(self, codes: Tensor) -> Tensor:
        """Decode codes to images (B, C, H, W)."""
        ...


@torch.no_grad()
def reconstructions(model: Coder, images: Tensor) -> Tensor:
    """Make two rows: images (B, C, H, W), and what is left of each after encoding and decoding it."""
    return torch.stack([images, model.decode(model.encode(images))])


@torch.no_grad()
def interpolation(model: Coder, first: Tensor, last: Tensor, columns: int) -> Tensor:
    """Go straight from the codes of `first` (B, C, H, W) to those of `last`, a row each, from end to end."""
    shares = torch.linspace(0, 1, columns, device=first.device)[None, :, None]
    return _decoded(model, torch.lerp(model.encode(first)[:, None], model.encode(last)[:, None], shares))


@torch.no_grad()
def traversal(model: Coder, image: Tensor, values: Sequence[float]) -> Tensor:
    """Vary one image (C, H, W): in each row one coordinate of its code is set to each of `values`, the others kept."""
    code = model.encode(image[None])[0]
    codes = code.expand(len(code), len(values), -1).clone()
    each = torch.arange(len(code), device=code.device)
    codes[each, :, each] = torch.tensor(values, dtype=code.dtype, device=code.device)
    return _decoded(model, codes)


@torch.no_grad()
def plane(model: Coder, base: Tensor, side: int, *, dimensions: tuple[int, int] = (0, 1)) -> Tensor:
    """Decode side × side codes over two coordinates of `base` (latent,), at equal steps of the prior's probability.

    Down and across go the quantiles (i + ½) / side of the standard normal distribution, as in Kingma and Welling
    (2014), figure 4: with a code of two numbers, the whole of what a VAE knows.
    """
    quantiles = torch.special.ndtri((torch.arange(side, dtype=torch.float64) + 0.5) / side).to(base)
    codes = base.expand(side, side, -1).clone()
    codes[..., dimensions[0]] = quantiles[:, None]
    codes[..., dimensions[1]] = quantiles[None, :]
    return _decoded(model, codes)


def _decoded(model: Coder, codes: Tensor) -> Tensor:
    """Decode codes (rows, columns, latent) to images (rows, columns, C, H, W)."""
    images = model.decode(codes.flatten(0, 1))
    return images.view(*codes.shape[:2], *images.shape[1:])

"""DINOv2 ViT-S/14: 384 features of a vision transformer that was trained without labels.

Oquab et al., "DINOv2: learning robust visual features without supervision" (2024); Stein et al., "Exposing flaws of
generative model evaluation metrics and their unfair treatment of diffusion models" (2023), find that distances in
its features agree better with people than Inception's do. The features are the class token after the last
normalisation. There are no class probabilities, so no Inception Score.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, scaled_dot_product_attention

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.extractors import _pretrained
from genbench.extractors._network import Ruler, Seen

WEIGHTS = _pretrained.Published(
    "https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth",
    "b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9",
)
SIZE = 224  # pixels a side
PATCH = 14
VECTOR, BLOCKS, HEADS = 384, 12, 6
TRAINED = 37  # patches a side, for which the positions were learnt
MEAN, SPREAD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet's channels, 0 to 255


class Attention(nn.Module):
    """Self-attention with one matrix for queries, keys and values, in this order."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(VECTOR, 3 * VECTOR)
        self.proj = nn.Linear(VECTOR, VECTOR)

    def forward(self, tokens: Tensor) -> Tensor:
        images, length, _ = tokens.shape
        parts = self.qkv(tokens).reshape(images, length, 3, HEADS, VECTOR // HEADS).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(parts[0], parts[1], parts[2])
        return self.proj(mixed.transpose(1, 2).reshape(images, length, VECTOR))


class Perceptron(nn.Module):
    """One hidden layer, four times as wide."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(VECTOR, 4 * VECTOR), nn.Linear(4 * VECTOR, VECTOR)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(nn.functional.gelu(self.fc1(tokens)))


class Scale(nn.Module):
    """A factor for each channel."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(VECTOR))

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens * self.gamma


class Block(nn.Module):
    """Attention, then a perceptron, each added to its normalised input."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.attn, self.ls1 = nn.LayerNorm(VECTOR, eps=1e-6), Attention(), Scale()
        self.norm2, self.mlp, self.ls2 = nn.LayerNorm(VECTOR, eps=1e-6), Perceptron(), Scale()

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens)))
        return tokens + self.ls2(self.mlp(self.norm2(tokens)))


class Patches(nn.Module):
    """An image as a row of tokens, one for each patch."""

    def __init__(self) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, VECTOR, PATCH, PATCH)

    def forward(self, images: Tensor) -> Tensor:
        return self.proj(images).flatten(2).transpose(1, 2)


class VisionTransformer(nn.Module):
    """float32 images (B, 3, 224, 224), 0 to 255, to vectors (B, 384). Names of weights are the published ones."""

    def __init__(self) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, VECTOR))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + TRAINED**2, VECTOR))
        self.mask_token = nn.Parameter(torch.zeros(1, VECTOR))  # of the training; published, not used
        self.patch_embed = Patches()
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(VECTOR, eps=1e-6)

    def forward(self, images: Tensor) -> Seen:
        mean, spread = (images.new_tensor(values).reshape(3, 1, 1) for values in (MEAN, SPREAD))
        patches = self.patch_embed((images - mean) / spread)
        tokens = torch.cat([self.cls_token.expand(len(images), -1, -1), patches], 1) + self.positions()
        for block in self.blocks:
            tokens = block(tokens)
        return Seen(self.norm(tokens)[:, 0])

    def positions(self) -> Tensor:
        """The learnt positions of 37 × 37 patches, resized to those of the image, (1, 1 + patches, 384).

        The published network asks for a tenth of a patch more than there is, and its features depend on that.
        """
        patches = SIZE // PATCH
        grid = self.pos_embed[:, 1:].reshape(1, TRAINED, TRAINED, VECTOR).permute(0, 3, 1, 2)
        resized = interpolate(grid, scale_factor=(patches + 0.1) / TRAINED, mode="bicubic")
        return torch.cat([self.pos_embed[:, :1], resized.flatten(2).transpose(1, 2)], 1)


def obtain(
    folder: Path, images: dict[str, Images], about: About, *, weights: str = _pretrained.DOWNLOAD
) -> dict[str, float]:
    """Put the weights into `folder`; there is nothing to say of them.

    weights: "download", or the path of dinov2_vits14_pretrain.pth.
    """
    del images, about
    state = _pretrained.read(_pretrained.obtain(WEIGHTS, weights))
    _pretrained.keep(_pretrained.empty(VisionTransformer), state, folder, {"weights": WEIGHTS.sha256})
    return {}


def load(folder: Path) -> Ruler:
    """The extractor of a folder that :func:`obtain` filled."""
    described = _pretrained.kept(folder)
    network = _pretrained.load(_pretrained.empty(VisionTransformer), folder)
    return Ruler(network, weights=described["weights"], size=SIZE)

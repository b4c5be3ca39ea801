"""DINOv2: features of a vision transformer that was trained without labels; 384 of ViT-S/14 or 1,024 of ViT-L/14.

Oquab et al., "DINOv2: learning robust visual features without supervision" (2024); Stein et al., "Exposing flaws of
generative model evaluation metrics and their unfair treatment of diffusion models" (2023), find that distances in
the features of ViT-L/14 agree better with people than Inception's do. The features are the class token after the last
normalisation. There are no class probabilities, so no Inception Score.

The network is that of the package timm, the weights are the published ones. The published network asks for a tenth of
a patch more than there is when it resizes its positions, and its features depend on that: positions are resized here.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.errors import InputError, unknown
from genbench.extractors import _pretrained
from genbench.extractors._network import Ruler, Seen

WEIGHTS = {
    "vits14": _pretrained.Published(
        "https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth",
        "b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9",
    ),
    "vitl14": _pretrained.Published(
        "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitl14/dinov2_vitl14_pretrain.pth",
        "d5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428",
    ),
}
MODELS = {"vits14": "vit_small_patch14_dinov2", "vitl14": "vit_large_patch14_dinov2"}  # timm's names
SIZE = 224  # pixels a side
PATCH = 14
TRAINED = 37  # patches a side, for which the positions were learnt
MEAN, SPREAD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet's channels, 0 to 255


class Normalised(nn.Module):
    """A transformer of normalised images, for float32 images (B, 3, 224, 224), 0 to 255; vectors (B, D)."""

    def __init__(self, transformer: nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, images: Tensor) -> Seen:
        mean, spread = (images.new_tensor(values).reshape(3, 1, 1) for values in (MEAN, SPREAD))
        return Seen(self.transformer((images - mean) / spread))


def transformer(network: str) -> nn.Module:
    """Build timm's network of a name in `MODELS`, for images of 16 × 16 patches; its weights are undefined."""
    import genbench.data.datasets._torchvision  # noqa: F401 - timm imports torchvision, whose compiled part may not load

    try:
        import timm
    except ModuleNotFoundError as error:
        raise InputError(
            "extractor dinov2: its network is in the package timm, not installed: pip install timm"
        ) from error
    return _pretrained.empty(lambda: timm.create_model(MODELS[network], num_classes=0, img_size=SIZE))


def resized(positions: Tensor) -> Tensor:
    """Resize the learnt positions (1, 1 + 37², D) to those of 16 × 16 patches, (1, 1 + 16², D)."""
    grid = positions[:, 1:].reshape(1, TRAINED, TRAINED, -1).permute(0, 3, 1, 2)
    moved = interpolate(grid, scale_factor=(SIZE // PATCH + 0.1) / TRAINED, mode="bicubic")
    return torch.cat([positions[:, :1], moved.flatten(2).transpose(1, 2)], 1)


def obtain(
    folder: Path,
    images: dict[str, Images],
    about: About,
    *,
    network: Literal["vits14", "vitl14"] = "vits14",
    weights: str = _pretrained.DOWNLOAD,
) -> dict[str, float]:
    """Put the weights into `folder`; there is nothing to say of them.

    network: "vits14" (22 million parameters) or "vitl14" (304 million). weights: "download", or the path of the file
    dinov2_<network>_pretrain.pth.
    """
    del images, about
    empty = transformer(network)
    state = _pretrained.read(_pretrained.obtain(WEIGHTS[network], weights))
    # mask_token is of the training; it is published, and not used.
    state = {name: tensor for name, tensor in state.items() if name != "mask_token"}
    state["pos_embed"] = resized(state["pos_embed"])
    _pretrained.keep(empty, state, folder, {"network": network, "weights": WEIGHTS[network].sha256})
    return {}


def at_hand() -> bool:
    """Return whether the network is installed and the weights of the smaller one need no download."""
    return importlib.util.find_spec("timm") is not None and _pretrained.at_hand(WEIGHTS["vits14"])


def load(folder: Path) -> Ruler:
    """Load the extractor of a folder that :func:`obtain` filled."""
    described = _pretrained.kept(folder)
    network = described["network"]
    if network not in MODELS:
        raise unknown(f"{folder}: network", network, MODELS)
    whole = Normalised(_pretrained.load(transformer(network), folder))
    return Ruler(whole, weights=described["weights"], size=SIZE)

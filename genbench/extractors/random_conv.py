"""A convolutional network that was never trained: features that know nothing of any dataset.

Random features separate what differs in colour and texture, and nothing that takes learning to see: Naeem et al.,
"Reliable fidelity and diversity metrics for generative models" (2020), section 5, argue for them where images are far
from ImageNet's. The weights are normal with variance 2 / fan-in (He et al., "Delving deep into rectifiers", 2015),
drawn from a seed, and the activation is smooth (SiLU), so that no feature is dead.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.errors import InputError
from genbench.extractors import _pretrained
from genbench.extractors._network import Ruler, Seen
from genbench.files.atomic import sha256
from genbench.options import Count, Natural
from genbench.seeding import torch_rng

SMALLEST = 4  # pixels a side, at which the halving ends
LARGEST = 1024


class RandomConv(nn.Module):
    """float32 images (B, 3, size, size), 0 to 255, to vectors (B, features): averages over the last convolution."""

    def __init__(self, size: int, features: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, features, 3, padding=1), nn.SiLU()]
        while size > SMALLEST:
            layers += [nn.Conv2d(features, features, 3, stride=2, padding=1), nn.SiLU()]
            size = (size + 1) // 2
        self.body = nn.Sequential(*layers)

    @torch.no_grad()
    def draw(self, rng: torch.Generator) -> None:
        """Draw all weights; biases are zero."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                fan_in = module.weight[0].numel()
                module.weight.normal_(0, (2 / fan_in) ** 0.5, generator=rng)
                module.bias.zero_()

    def forward(self, images: Tensor) -> Seen:
        return Seen(self.body(images / 127.5 - 1).mean((2, 3)))


def obtain(
    folder: Path,
    images: dict[str, Images],
    about: About,
    *,
    pixels: Count = 32,
    features: Count = 128,
    seed: Natural = 0,
) -> dict[str, float]:
    """Draw the weights into `folder`; there is nothing to say of them.

    pixels: a side, to which images are brought. features: channels of every convolution, and numbers an image.
    """
    del images, about
    if pixels > LARGEST:
        raise InputError(f"random_conv: pixels: expected at most {LARGEST}, got {pixels}")
    network = _pretrained.empty(RandomConv, pixels, features)
    network.draw(torch_rng(seed, "random_conv"))
    _pretrained.keep(network, network.state_dict(), folder, {"size": pixels, "features": features})
    return {}


def load(folder: Path) -> Ruler:
    """Load the extractor of a folder that :func:`obtain` filled."""
    described = _pretrained.kept(folder)
    size: int = described["size"]
    network = _pretrained.load(_pretrained.empty(RandomConv, size, described["features"]), folder)
    return Ruler(network, weights=sha256(folder / "weights.safetensors"), size=size, chunk=64)

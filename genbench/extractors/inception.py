"""The network that FID is defined by: Inception-v3 of the TensorFlow release of 2015-12-05, 2048 features.

Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium" (2017). Only
numbers of this extractor are called FID. Its weights are the public port to PyTorch that other tools use too, and no
other file is accepted. How images come to 299 × 299 moves FID as much as many a model does, so it is an option and
part of the protocol: `bicubic`, antialiased, as everywhere in this project; `tf1_bilinear`, which aliases, for
comparison with published numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.data.resize import METHOD
from genbench.extractors import _pretrained, _tf1
from genbench.extractors._inception import LAYERS, SIZE, Inception
from genbench.extractors._network import Ruler, fold

WEIGHTS = _pretrained.Published(
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
)


def obtain(
    folder: Path,
    images: dict[str, Images],
    about: About,
    *,
    weights: str = _pretrained.DOWNLOAD,
    resize: Literal["bicubic", "tf1_bilinear"] = "bicubic",
    layers: tuple[str, ...] = (),
) -> dict[str, float]:
    """Put the weights into `folder`; there is nothing to say of them.

    weights: "download", or the path of pt_inception-2015-12-05-6726825d.pth. resize: how images come to 299 × 299.
    layers: earlier layers to give, of mean_64, mean_192, mean_768 and spatial.
    """
    del images, about
    described = {"resize": resize, "layers": _pretrained.known_layers(layers, LAYERS), "weights": WEIGHTS.sha256}
    state = _pretrained.read(_pretrained.obtain(WEIGHTS, weights))
    _pretrained.keep(_pretrained.empty(Inception, True), state, folder, described)
    return {}


def at_hand() -> bool:
    """Return whether the weights need no download."""
    return _pretrained.at_hand(WEIGHTS)


def load(folder: Path) -> Ruler:
    """Load the extractor of a folder that :func:`obtain` filled."""
    described = _pretrained.kept(folder)
    network = fold(_pretrained.load(_pretrained.empty(Inception, True), folder))
    tf1 = described["resize"] == "tf1_bilinear"
    return Ruler(
        network,
        weights=described["weights"],
        size=SIZE,
        layers=described["layers"],
        resizing=_tf1.resize if tf1 else None,
        method=_tf1.METHOD if tf1 else METHOD,
    )

"""Inception-v3 with torchvision's ImageNet weights: 2048 features and 1000 classes, and not FID's network.

Szegedy et al., "Rethinking the inception architecture for computer vision" (2016). Fréchet distances of its features
differ from FID, and carry this extractor's name.
"""

from __future__ import annotations

from pathlib import Path

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.extractors import _pretrained
from genbench.extractors._inception import LAYERS, SIZE, Inception
from genbench.extractors._network import Ruler, fold

WEIGHTS = _pretrained.Published(
    "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
    # The name has the first eight digits; the rest is what those who have the file say of it.
    "0cc3c7bd75056d25e46cba549dc184522069b81e9787eff6df84f397bd52a5ef",
)


def obtain(
    folder: Path,
    images: dict[str, Images],
    about: About,
    *,
    weights: str = _pretrained.DOWNLOAD,
    layers: tuple[str, ...] = (),
) -> dict[str, float]:
    """Put the weights into `folder`; there is nothing to say of them.

    weights: "download", or the path of inception_v3_google-0cc3c7bd.pth. layers: as of the extractor `inception`.
    """
    del images, about
    asked = _pretrained.known_layers(layers, LAYERS)
    path = _pretrained.obtain(WEIGHTS, weights)
    # The published file has a second classifier too, which only training uses.
    state = {name: tensor for name, tensor in _pretrained.read(path).items() if not name.startswith("AuxLogits.")}
    _pretrained.keep(_pretrained.empty(Inception, False), state, folder, {"layers": asked, "weights": WEIGHTS.sha256})
    return {}


def at_hand() -> bool:
    """Return whether the weights need no download."""
    return _pretrained.at_hand(WEIGHTS)


def load(folder: Path) -> Ruler:
    """Load the extractor of a folder that :func:`obtain` filled."""
    described = _pretrained.kept(folder)
    network = fold(_pretrained.load(_pretrained.empty(Inception, False), folder))
    return Ruler(network, weights=described["weights"], size=SIZE, layers=described["layers"])

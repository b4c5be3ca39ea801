"""Fashion-MNIST: 70,000 pictures of clothes of 28 × 28 pixels, grey, 7,000 in each of ten classes.

Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms" (2017).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from genbench.data.datasets import Dataset, _idx
from genbench.data.datasets._fit import fit

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
MD5 = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}
DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # where Debian's package dataset-fashion-mnist puts the files


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """Load all 70,000 images: the training images in their order, then the test images.

    Taken from `source` (directly in it, or in FashionMNIST/raw as torchvision keeps them), else from Debian's
    package where it is installed, else downloaded.
    """
    files = _idx.read("fashion_mnist", MD5, "FashionMNIST", [source, source / "FashionMNIST" / "raw", DEBIAN])
    pixels, labels = np.concatenate(files[0::2]), np.concatenate(files[1::2])
    return fit(pixels[:, None], labels, classes=CLASSES, levels=256, size=size, channels=channels)

"""MNIST: 70,000 handwritten digits of 28 × 28 pixels, grey.

LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from genbench.data.datasets import Dataset, _idx
from genbench.data.datasets._fit import fit

CLASSES = tuple(str(digit) for digit in range(10))
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """Load all 70,000 images: the training images in their order, then the test images.

    Taken from `source` (directly in it, or in MNIST/raw as torchvision keeps them), else downloaded.
    """
    files = _idx.read("mnist", MD5, "MNIST", [source, source / "MNIST" / "raw"])
    pixels, labels = np.concatenate(files[0::2]), np.concatenate(files[1::2])
    return fit(pixels[:, None], labels, classes=CLASSES, levels=256, size=size, channels=channels)

"""1,797 handwritten digits of 8 × 8 pixels and 17 grey levels, which come with scikit-learn.

Alpaydin and Kaynak, "Optical recognition of handwritten digits" (1998), the test part of the UCI dataset
(doi:10.24432/C50P49): bitmaps of 32 × 32, counted in blocks of 4 × 4, hence the levels 0 to 16. The order is
scikit-learn's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from genbench.data.datasets import Dataset
from genbench.data.datasets._fit import fit

LEVELS = 17


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """Load all 1,797 images, 174 to 183 a class; `source` is not used, the images are part of the installation."""
    from sklearn.datasets import load_digits  # here, because it takes a second that other datasets need not pay

    data = load_digits()
    pixels = np.rint(data.images * (255 / (LEVELS - 1))).astype(np.uint8)[:, None]
    classes = tuple(str(digit) for digit in range(10))
    return fit(pixels, data.target, classes=classes, levels=LEVELS, size=size, channels=channels)

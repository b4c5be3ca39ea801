"""CIFAR-10: 60,000 photographs of 32 × 32 pixels, colour, 6,000 in each of ten classes.

Krizhevsky, "Learning multiple layers of features from tiny images" (2009). Of the versions that its page offers
(https://www.cs.toronto.edu/~kriz/cifar.html) this is the binary one, which can be read without unpickling: six files
of records, each a byte of label and then 3 × 32 × 32 bytes of pixels, red, green and blue.
"""

from __future__ import annotations

import io
import logging
import math
import tarfile
import zlib
from pathlib import Path

import numpy as np

from genbench.data.datasets import Dataset
from genbench.data.datasets._download import obtain, read_verified
from genbench.data.datasets._fit import fit
from genbench.errors import InputError

log = logging.getLogger(__name__)

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ARCHIVE = "cifar-10-binary.tar.gz"
LARGEST = 1 << 28  # bytes of the archive, and of a file in it
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
FILES = (*(f"cifar-10-batches-bin/data_batch_{k}.bin" for k in range(1, 6)), "cifar-10-batches-bin/test_batch.bin")
SHAPE = (3, 32, 32)


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """Load all 60,000 images: the five training batches in their order, then the test batch.

    Taken from the archive cifar-10-binary.tar.gz in `source`, else downloaded.
    """
    archive = _archive(source)
    log.info("cifar10: read from %s", archive)
    data = read_verified("cifar10", archive, MD5, LARGEST)
    records = unpack(data, str(archive))
    pixels = records[:, 1:].reshape(-1, *SHAPE)
    return fit(pixels, records[:, 0], classes=CLASSES, levels=256, size=size, channels=channels)


def _archive(source: Path) -> Path:
    if (source / ARCHIVE).is_file():
        return source / ARCHIVE
    supply = f"{ARCHIVE} (MD5 {MD5}; the Python version is pickled and will not do)"
    return obtain("cifar10", ARCHIVE, MIRRORS, MD5, searched=[source], supply=supply)


def unpack(data: bytes, name: str) -> np.ndarray:
    """Unpack the records in the archive's bytes, in their order, (N, 3073) uint8; `name` is for messages."""
    length = 1 + math.prod(SHAPE)
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
            parts = [member.read(LARGEST) for name in FILES if (member := tar.extractfile(name)) is not None]
        records = np.frombuffer(b"".join(parts), np.uint8).reshape(-1, length)
    except (tarfile.TarError, zlib.error, OSError, EOFError, KeyError, ValueError) as error:
        raise InputError(f"{name}: not the archive of CIFAR-10's records of {length} bytes: {error}") from error
    if len(records) == 0 or records[:, 0].max() >= len(CLASSES):
        raise InputError(f"{name}: expected records of labels below {len(CLASSES)}")
    return records

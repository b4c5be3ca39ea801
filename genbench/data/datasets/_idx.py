"""MNIST and the datasets that took over its form: four idx files of 28 × 28 grey images and their labels.

The idx format (LeCun, Cortes, Burges, "The MNIST database of handwritten digits"): two zero bytes, the type of the
values (8: unsigned bytes), the number of dimensions, each dimension as a big-endian 32-bit integer, the values.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from genbench.data.datasets._download import cache_folder, download, read_all, verified
from genbench.errors import InputError

log = logging.getLogger(__name__)

LARGEST = 1 << 26  # bytes of a file: 60,000 images are 47 million


def read(dataset: str, checksums: dict[str, str], torchvision_class: str, folders: Sequence[Path]) -> list[np.ndarray]:
    """The arrays of a dataset's idx files, from the first of `folders` that has them, else from a download.

    checksums: MD5 by name of file, of the content without gzip, so that a file counts as the original whoever
    compressed it. torchvision_class: the class of torchvision.datasets that knows where to download them.
    """
    names = list(checksums)
    folder = _folder(dataset, names, folders) or _download(dataset, names, torchvision_class, folders)
    log.info("%s: read from %s", dataset, folder)
    return [_array(dataset, path, checksums[name]) for name, path in _present(folder, checksums).items()]


def _present(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """Those of the files that a folder has, plain or with gzip, by name."""
    candidates = {name: folder / name if (folder / name).is_file() else folder / f"{name}.gz" for name in names}
    return {name: path for name, path in candidates.items() if path.is_file()}


def _folder(dataset: str, names: list[str], folders: Iterable[Path]) -> Path | None:
    """The first folder with the files, None where there is none; one with a part of them is refused."""
    for folder in folders:
        present = _present(folder, names)
        if len(present) == len(names):
            return folder
        if present:
            missing = ", ".join(name for name in names if name not in present)
            raise InputError(f"{folder}: {len(present)} of the {len(names)} files of {dataset}, without {missing}")
    return None


def _download(dataset: str, names: list[str], torchvision_class: str, searched: Sequence[Path]) -> Path:
    """Bring those files that are missing into the cache folder and return it."""
    folder = cache_folder(dataset)
    missing = set(names) - set(_present(folder, names))
    if missing:
        from genbench.data.datasets._torchvision import torchvision

        known = getattr(torchvision.datasets, torchvision_class)
        supply = f"{', '.join(names)} (plain or .gz)"
        for filename, checksum in known.resources:
            if filename.removesuffix(".gz") in missing:
                download(dataset, filename, known.mirrors, checksum, searched=searched, supply=supply)
    return folder


def _array(dataset: str, path: Path, checksum: str) -> np.ndarray:
    """The array in one idx file, whose content must be the original one."""
    return parse(verified(dataset, path, read_all(path, LARGEST, unzip=path.suffix == ".gz"), checksum), str(path))


def parse(data: bytes, name: str) -> np.ndarray:
    """The array that the bytes of an idx file stand for; `name` is for messages."""
    if len(data) < 4 or data[:3] != b"\0\0\x08" or len(data) < 4 + 4 * data[3]:
        raise InputError(f"{name}: not an idx file of bytes")
    start = 4 + 4 * data[3]
    shape = [int(length) for length in np.frombuffer(data[4:start], ">u4")]
    if math.prod(shape) != len(data) - start:
        raise InputError(f"{name}: expected the {math.prod(shape)} bytes of shape {shape}, got {len(data) - start}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)

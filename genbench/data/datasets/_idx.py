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

from genbench.data.datasets._download import obtain, read_verified
from genbench.errors import InputError

log = logging.getLogger(__name__)

LARGEST = 1 << 26  # bytes of a file: 60,000 images are 47 million


def read(dataset: str, checksums: dict[str, str], torchvision_class: str, folders: Sequence[Path]) -> list[np.ndarray]:
    """Read the arrays of a dataset's idx files, from the first of `folders` that has them, else from a download.

    checksums: MD5 by name of file, of the content without gzip, so that a file counts as the original whoever
    compressed it. torchvision_class: the class of torchvision.datasets that knows where to download them.
    """
    names = list(checksums)
    paths = _local(dataset, names, folders) or _downloaded(dataset, names, torchvision_class, folders)
    log.info("%s: read from %s", dataset, next(iter(paths.values())).parent)
    return [_array(dataset, paths[name], checksum) for name, checksum in checksums.items()]


def _array(dataset: str, path: Path, checksum: str) -> np.ndarray:
    return parse(read_verified(dataset, path, checksum, LARGEST, unzip=path.suffix == ".gz"), str(path))


def _local(dataset: str, names: list[str], folders: Iterable[Path]) -> dict[str, Path]:
    """Find the first folder with the files, plain or with gzip: paths by name. One with a part of them is refused."""
    for folder in folders:
        candidates = {name: folder / name if (folder / name).is_file() else folder / f"{name}.gz" for name in names}
        present = {name: path for name, path in candidates.items() if path.is_file()}
        if len(present) == len(names):
            return present
        if present:
            missing = ", ".join(name for name in names if name not in present)
            raise InputError(f"{folder}: {len(present)} of the {len(names)} files of {dataset}, without {missing}")
    return {}


def _downloaded(dataset: str, names: list[str], torchvision_class: str, searched: Sequence[Path]) -> dict[str, Path]:
    """Obtain the files from where torchvision knows them to be: paths by name.

    Its own download would not do: it waits for a silent server for ever, and trusts a file that it finds.
    """
    from genbench.data.datasets._torchvision import torchvision  # here, because torch is needed for nothing else

    known = getattr(torchvision.datasets, torchvision_class)
    supply = f"{', '.join(names)} (plain or .gz)"
    return {
        filename.removesuffix(".gz"): obtain(
            dataset, filename, known.mirrors, checksum, searched=searched, supply=supply
        )
        for filename, checksum in known.resources
    }


def parse(data: bytes, name: str) -> np.ndarray:
    """Read the array that the bytes of an idx file stand for; `name` is for messages."""
    if len(data) < 4 or data[:3] != b"\0\0\x08" or len(data) < 4 + 4 * data[3]:
        raise InputError(f"{name}: not an idx file of bytes")
    start = 4 + 4 * data[3]
    shape = [int(length) for length in np.frombuffer(data[4:start], ">u4")]
    if math.prod(shape) != len(data) - start:
        raise InputError(f"{name}: expected the {math.prod(shape)} bytes of shape {shape}, got {len(data) - start}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)

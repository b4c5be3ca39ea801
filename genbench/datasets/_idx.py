"""MNIST and the datasets that took over its form: four idx files of 28 × 28 grey images and their labels.

The idx format (LeCun, Cortes, Burges, "The MNIST database of handwritten digits"): two zero bytes, the type of the
values (8: unsigned bytes), the number of dimensions, each dimension as a big-endian 32-bit integer, the values.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from genbench.datasets._download import cache_folder, download, md5
from genbench.errors import InputError

log = logging.getLogger(__name__)


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
        from genbench.torchvision_shim import torchvision

        known = getattr(torchvision.datasets, torchvision_class)
        supply = f"{', '.join(names)} (plain or .gz)"
        for filename, checksum in known.resources:
            if filename.removesuffix(".gz") in missing:
                download(dataset, filename, known.mirrors, checksum, searched=searched, supply=supply)
    return folder


def _array(dataset: str, path: Path, checksum: str) -> np.ndarray:
    """The array in one idx file, whose content must be the original one."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not readable: {error}") from error
    if md5(data) != checksum:
        raise InputError(f"{path}: broken, or not a file of {dataset} (its MD5 is {md5(data)}, expected {checksum})")
    dimensions = data[3]
    shape = np.frombuffer(data, ">i4", count=dimensions, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)

"""Pictures that a stage draws for the page, as named arrays in one .npz; equal arrays are equal bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from genbench.errors import InputError
from genbench.files.atomic import atomic


def save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name, which may be any text."""
    names = np.array(list(arrays))
    with atomic(path) as scratch, scratch.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, names=names, **{str(i): a for i, a in enumerate(arrays.values())})


def load(path: Path) -> dict[str, np.ndarray]:
    """Read what :func:`save` wrote."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {str(name): archive[str(index)] for index, name in enumerate(archive["names"])}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not readable as pictures of the laboratory: {error}") from None

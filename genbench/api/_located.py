"""Locations of images that Python holds: arrays and tensors become files for as long as a call lasts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from genbench.data.features import Features
from genbench.errors import InputError

EXPECTED = "expected images, uint8 of shape (N, H, W, C) or (N, C, H, W), or features, floats of shape (N, D)"
#: Options of `genbench evaluate` that messages name, and what they are called in Python.
SPOKEN = {
    "--set extractor": 'options["extractor"]',
    "--set": "options",
    "--metrics": "metrics",
    "--extractor:": "extractor:",
    "--extractor": "extractor=",
}


class Tensor(Protocol):
    """A PyTorch tensor, on any device."""

    def detach(self) -> Any: ...


#: A path of a folder, an archive, an array or saved features, or a prepared dataset as NAME/SPLIT; features of
#: :mod:`genbench.data.features`; an array or tensor of images, uint8, or of features, floats of shape (N, D).
Images = str | os.PathLike[str] | Features | npt.ArrayLike | Tensor


@contextmanager
def located(sides: Mapping[str, Images | None]) -> Iterator[tuple[dict[str, str], Path]]:
    """Give a location for each side that is there, and the folder of those that were arrays.

    Messages of InputErrors lose that folder, and name options as they are called in Python.
    """
    with TemporaryDirectory(prefix="genbench-") as scratch:
        folder = Path(scratch)
        try:
            yield {side: _location(side, held, folder) for side, held in sides.items() if held is not None}, folder
        except InputError as error:
            text = str(error)
            for option, name in SPOKEN.items():
                text = text.replace(option, name)
            raise InputError(without(text, folder)) from error


def without(value: Any, folder: Path) -> Any:
    """Take a folder out of all texts of a value made of mappings, lists and texts."""
    if isinstance(value, str):
        return value.replace(f"{folder}{os.sep}", "")
    if isinstance(value, dict):
        return {key: without(part, folder) for key, part in value.items()}
    return [without(part, folder) for part in value] if isinstance(value, list) else value


def _location(side: str, held: Images, folder: Path) -> str:
    if isinstance(held, str | os.PathLike):
        return os.fspath(held)
    path = folder / side
    if isinstance(held, Features):
        held.save(path.with_suffix(".npz"))
        return str(path.with_suffix(".npz"))
    array = _array(held)
    if array.ndim == 2 and array.dtype.kind == "f":
        np.savez(path.with_suffix(".npz"), vectors=array)
        return str(path.with_suffix(".npz"))
    if array.ndim not in (3, 4) or array.dtype != np.uint8:
        raise InputError(f"{side}: {EXPECTED}; got {array.dtype} of shape {array.shape}")
    np.save(path.with_suffix(".npy"), np.ascontiguousarray(array))  # else it may be written column by column
    return str(path.with_suffix(".npy"))


def _array(held: Any) -> np.ndarray:
    """Convert to a NumPy array; a tensor may be on a GPU, need gradients, or have a type that NumPy lacks."""
    if hasattr(held, "detach"):
        tensor = held.detach().cpu()
        held = tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor
    try:
        return np.asarray(held)
    except ValueError as error:  # such as a list of arrays of several shapes
        raise InputError(f"{EXPECTED}; {error}") from error

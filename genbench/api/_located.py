"""Locations of images that Python holds: arrays and tensors become files for as long as a call lasts."""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from genbench.data.features import Features
from genbench.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

EXPECTED = "expected images, uint8 of shape (N, H, W, C) or (N, C, H, W), or features, floats of shape (N, D)"
#: Options of `genbench evaluate` that messages name, and what they are called in Python.
SPOKEN = {
    "--set extractor": 'options["extractor"]',
    "--set": "options",
    "--metrics": "metrics",
    "--extractor:": "extractor:",
    "--extractor can": "extractor= can",
    "--extractor ": "extractor=",
}


class Tensor(Protocol):
    """A PyTorch tensor, on any device."""

    def detach(self) -> Any: ...


#: A path of a folder, an archive, an array or saved features, or a prepared dataset as NAME/SPLIT; features of
#: :mod:`genbench.data.features`; an array or tensor of images, uint8, or of features, floats of shape (N, D); a list of
#: Pillow's images, which may differ in size and mode.
Images = str | os.PathLike[str] | Features | npt.ArrayLike | Tensor | Sequence["Image.Image"]


@contextmanager
def located(sides: Mapping[str, Images]) -> Iterator[tuple[dict[str, str], Path]]:
    """Give a location for each side, and the folder of those that were arrays.

    Messages of InputErrors lose that folder, and name options as they are called in Python.
    """
    with TemporaryDirectory(prefix="genbench-") as scratch:
        folder = Path(scratch)
        try:
            yield {side: _location(side, held, folder) for side, held in sides.items()}, folder
        except InputError as error:
            text = str(error)
            for option, name in SPOKEN.items():
                text = text.replace(option, name)
            raise InputError(without(text, folder)) from error


def without(value: Any, folder: Path) -> Any:
    """Call the files of a folder by their sides in all texts of a value made of mappings, lists and texts."""
    if isinstance(value, str):
        return re.sub(rf"{re.escape(str(folder))}{re.escape(os.sep)}(\w+)(\.np[yz])?", r"\1", value)
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
    if isinstance(held, Sequence) and held and all(hasattr(one, "getpalette") for one in held):
        return _pictures(side, held, path)
    array = _array(side, held)
    if array.ndim == 2 and array.dtype.kind == "f":
        np.savez(path.with_suffix(".npz"), vectors=array)
        return str(path.with_suffix(".npz"))
    if array.ndim not in (3, 4) or array.dtype != np.uint8:
        raise InputError(f"{side}: {EXPECTED}; got {array.dtype} of shape {array.shape}")
    np.save(path.with_suffix(".npy"), np.ascontiguousarray(array))  # else it may be written column by column
    return str(path.with_suffix(".npy"))


def _pictures(side: str, held: Sequence[Any], folder: Path) -> str:
    """Write Pillow's images as files: of palettes, transparency and depth their arrays do not hold the pixels."""
    folder.mkdir()
    for index, image in enumerate(held):
        try:
            image.save(folder / f"{index:09}.png", compress_level=1)
        except (OSError, ValueError) as error:
            raise InputError(f"{side}: image {index} of {len(held)}: {error}") from error
    return str(folder)


def _array(side: str, held: Any) -> np.ndarray:
    """Convert to a NumPy array; a tensor may be on a GPU, need gradients, or have a type that NumPy lacks."""
    try:
        if isinstance(held, list | tuple) and any(hasattr(one, "detach") for one in held):
            held = [_array(side, one) for one in held]
        if hasattr(held, "detach"):
            tensor = held.detach().cpu()
            held = tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor
        return np.asarray(held)
    except (
        TypeError,
        ValueError,
        RuntimeError,
    ) as error:  # such as of several shapes, or a sparse tensor
        reason = str(error).partition("\n")[0]
        raise InputError(f"{side}: {EXPECTED}; got {type(held).__name__}: {reason}") from error


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Give an argument that is a whole number from `least` to `most`, of Python's or another library's type."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or (most is not None and number > most):
        limits = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{name}: expected a whole number {limits}, got {value!r}")
    return number

"""What is at a place that a user names: a folder, an archive, an array, or a prepared dataset."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from genbench.data.paths import Paths
from genbench.data.sources import Source
from genbench.data.sources.archives import FAULTS, Tar, Zip
from genbench.data.sources.arrays import Npy, Npz, Stored
from genbench.data.sources.pictures import Pictures
from genbench.data.splits import SPLITS
from genbench.errors import InputError, unknown
from genbench.files.regular import kind_of, require_regular
from genbench.find import members

SPLIT = "reference"  # of a prepared dataset, where none is named


def open_source(place: str) -> Source:
    """The images at a place: a folder of pictures, a folder that images were saved in (pixels.npy and labels.npy), a
    zip or tar file of pictures, an array in .npy or .npz, or a prepared dataset as NAME or NAME/SPLIT.

    What a file is shows in its content; of a path and a dataset of the same name, it is the path.
    """
    if not place:
        raise InputError("expected a path or the name of a prepared dataset, got an empty text")
    path = Path(place)
    kind = kind_of(path)
    if kind == "a folder":
        return Stored(place, path) if (path / "pixels.npy").is_file() else Pictures(place, path)
    if kind == "nothing":
        return _prepared(place)
    require_regular(path)
    if path.suffix == ".npy":
        return Npy(place, path)
    if path.suffix == ".npz":
        return Npz(place, path)
    if zipfile.is_zipfile(path):
        return Zip(place, path)
    if _is_tar(path):
        return Tar(place, path)
    raise InputError(f"{place}: not a folder, nor a file of .npy, .npz, zip or tar (broken, or of another kind)")


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except FAULTS:
        return False


def _prepared(place: str) -> Source:
    name, _, split = place.partition("/")
    if name not in members("datasets"):
        raise InputError(f"{place}: no such file or folder, nor a dataset (there is: {', '.join(members('datasets'))})")
    split = split or SPLIT
    if split not in SPLITS:
        raise unknown(f"{place}: split", split, SPLITS)
    folder = Paths(name).images / split
    if not folder.is_dir():
        raise InputError(f"{place}: no such path, and dataset {name} is not prepared here (no folder {folder})")
    return Stored(place, folder, dataset=name, split=split)

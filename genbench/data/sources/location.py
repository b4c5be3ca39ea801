"""Locations that a user names: a folder, an archive, an array, or a prepared dataset."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from genbench.data.paths import Paths
from genbench.data.sources import Source
from genbench.data.sources.archives import FAULTS, Tar, Zip
from genbench.data.sources.arrays import Npy, Stored, is_npz, open_npz
from genbench.data.sources.pictures import Pictures
from genbench.data.splits import SPLITS
from genbench.errors import InputError, unknown
from genbench.files.picture import is_picture
from genbench.files.require_file import kind_of, open_file
from genbench.find import members

SPLIT = "reference"  # of a prepared dataset, where none is named
NPY = b"\x93NUMPY"  # how an .npy begins
PROTOCOLS = (b"\x02", b"\x03", b"\x04", b"\x05")  # of pickle, after 0x80


def open_source(location: str) -> Source:
    """Open the images at a location: a folder of pictures, a folder that images were saved in (pixels.npy and
    labels.npy), a zip or tar file of pictures, an array in .npy or .npz, or a prepared dataset as NAME or NAME/SPLIT.

    An archive or array is known by its content, not by its name. A path comes before a dataset of the same name.
    """
    if not location:
        raise InputError("expected a path or the name of a prepared dataset, got an empty text")
    path = Path(location)
    kind = kind_of(path)
    if kind == "a folder":
        return Stored(location, path) if (path / "pixels.npy").is_file() else Pictures(location, path)
    if kind == "nothing":
        return _prepared(location)
    with open_file(path) as file:
        head = file.read(len(NPY))
    if head == NPY or path.suffix.lower() == ".npy":
        return Npy(location, path)
    if is_npz(path):
        return open_npz(location, path)
    _refuse_pickled(location, path, head)
    if zipfile.is_zipfile(path):
        return Zip(location, path)
    if _is_tar(path):
        return Tar(location, path)
    if is_picture(path.name):
        raise InputError(f"{location}: a single picture; expected many: their folder, archive or array")
    raise InputError(f"{location}: not a folder, nor a file of .npy, .npz, zip or tar (broken, or of another kind)")


def _refuse_pickled(location: str, path: Path, head: bytes) -> None:
    """Refuse what torch.save or pickle wrote, by name: it is never unpickled."""
    kind = ""
    if head[:1] == b"\x80" and head[1:2] in PROTOCOLS:
        kind = "pickled"
    elif zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                if any(name.endswith("/data.pkl") for name in archive.namelist()):
                    kind = "of torch.save, which pickles"
        except FAULTS as error:
            raise InputError(f"{location}: not readable: {' '.join(str(error).split())}") from error
    if kind:
        raise InputError(
            f"{location}: a file {kind}, and nothing is ever unpickled here; expected an array of uint8, "
            'such as np.save("images.npy", tensor.numpy()) writes'
        )


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except FAULTS:
        return False


def _prepared(location: str) -> Source:
    name, _, split = location.partition("/")
    if name not in members("datasets"):
        raise InputError(
            f"{location}: no such file or folder, nor a dataset (there is: {', '.join(members('datasets'))})"
        )
    split = split or SPLIT
    if split not in SPLITS:
        raise unknown(f"{location}: split", split, SPLITS)
    folder = Paths(name).images / split
    if not folder.is_dir():
        raise InputError(f"{location}: no such path, and dataset {name} is not prepared here (no folder {folder})")
    return Stored(location, folder, dataset=name, split=split)

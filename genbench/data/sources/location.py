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
PICKLED = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt")
#: Kinds of files that are not read, by how they begin, and of those that begin anyhow by their ending.
OTHERS = {
    b"\x89HDF\r\n\x1a\n": "HDF5",
    b"MATLAB 5.0": "MATLAB",
    b"MATLAB 7.3": "MATLAB",
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"Rar!": "RAR",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\x04\x22\x4d\x18": "LZ4",
    b"SQLite format 3": "SQLite",
}
ENDINGS = {
    **dict.fromkeys((".h5", ".hdf5"), "HDF5"),
    **dict.fromkeys((".tfrecord", ".tfrecords"), "TFRecord"),
    ".arrow": "Arrow",
    ".csv": "comma-separated values",
    ".feather": "Feather",
    ".mat": "MATLAB",
    ".mdb": "LMDB",
    ".parquet": "Parquet",
    ".safetensors": "safetensors",
}
POINTER = b"version https://git-lfs"


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
        head = file.read(64)
    if head.startswith(POINTER):
        raise InputError(f"{location}: a pointer of Git LFS, not the file itself, which git lfs pull fetches")
    if head.startswith(NPY) or path.suffix.lower() == ".npy":
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
    begins = (other for start, other in OTHERS.items() if head.startswith(start))
    if other := next(begins, ENDINGS.get(path.suffix.lower())):
        raise InputError(
            f"{location}: a file of {other}, which is not read; expected a folder, zip or tar file of pictures, or an "
            'array of uint8, such as np.save("images.npy", images) writes'
        )
    raise InputError(f"{location}: not a folder, nor a file of .npy, .npz, zip or tar (broken, or of another kind)")


def _refuse_pickled(location: str, path: Path, head: bytes) -> None:
    """Refuse what torch.save or pickle wrote, by name: it is never unpickled."""
    kind = ""
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
            if any(name.endswith("/data.pkl") for name in names) and not any(map(is_picture, names)):
                kind = "of torch.save, which pickles"
        except FAULTS as error:
            raise InputError(f"{location}: not readable: {' '.join(str(error).split())}") from error
    elif (head[:1] == b"\x80" and head[1:2] in PROTOCOLS) or (path.suffix.lower() in PICKLED and not _is_tar(path)):
        kind = "that is pickled"
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

"""Images, Features and their files: the only formats that pass between stages.

Images are a folder (pixels.npy, labels.npy) so that they can be memory-mapped; Features are one .npz. Neither can
hold Python objects, and reading never unpickles.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np

from genbench.errors import InputError
from genbench.files import atomic
from genbench.npy import read_header, require_numbers, require_room
from genbench.regular import open_regular, require_regular

#: What reading a broken .npz raises; of an unknown compression or a password, too.
FAULTS = (
    OSError,
    ValueError,
    OverflowError,
    MemoryError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    zlib.error,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class Images:
    """A set of images. N may be 0: a run whose training diverged has no samples.

    pixels: (N, C, H, W) uint8, C 1 or 3.
    labels: (N,) int64, -1 where unknown.
    """

    pixels: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.dtype != np.uint8 or self.pixels.shape[1] not in (1, 3):
            raise InputError(
                f"images: expected uint8 pixels of shape (N, 1 or 3, H, W), got {self.pixels.dtype} {self.pixels.shape}"
            )
        if self.labels.shape != self.pixels.shape[:1] or self.labels.dtype != np.int64:
            raise InputError(
                f"images: expected int64 labels of shape {self.pixels.shape[:1]}, "
                f"got {self.labels.dtype} {self.labels.shape}"
            )

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        channels, height, width = self.pixels.shape[1:]
        return channels, height, width

    def __getitem__(self, index: np.ndarray | slice) -> Images:
        return Images(self.pixels[index], self.labels[index])

    def save(self, folder: Path) -> None:
        """Write pixels.npy and labels.npy into `folder`."""
        save_array(Path(folder) / "labels.npy", self.labels)
        save_array(Path(folder) / "pixels.npy", self.pixels)

    @classmethod
    def load(cls, folder: Path, *, mmap: bool = False) -> Images:
        """Read a folder written by :meth:`save`; with `mmap` the pixels stay on disk until they are used."""
        return cls(load_array(Path(folder) / "pixels.npy", mmap=mmap), load_array(Path(folder) / "labels.npy"))


@dataclass(frozen=True)
class Protocol:
    """How a set of features was made; everything but split, n and source must agree before two sets are compared.

    extractor: name of the extractor; weights: SHA-256 of its weight file, "" where it has none.
    resize: what happens to an image before the network, "none" where nothing does.
    dataset: name of the prepared dataset; split: its split, or "samples" for a model's.
    n: number of images. source: free text for people (a run and seed, a path).
    """

    extractor: str = ""
    weights: str = ""
    resize: str = "none"
    dataset: str = ""
    split: str = ""
    n: int = 0
    source: str = ""

    def comparable(self) -> dict[str, str]:
        """The part that must be equal between two sets that are compared."""
        return {"extractor": self.extractor, "weights": self.weights, "resize": self.resize, "dataset": self.dataset}


@dataclass(frozen=True)
class Features:
    """What an extractor says of a set of images.

    vectors: (N, D) float32. probs: (N, K) float32 whose rows sum to 1, or None. labels: (N,) int64 or None.
    layers: earlier layers by name, (N, D_layer) float32, where asked for.
    """

    vectors: np.ndarray
    probs: np.ndarray | None = None
    labels: np.ndarray | None = None
    layers: dict[str, np.ndarray] = field(default_factory=dict)
    protocol: Protocol = field(default_factory=Protocol)

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.vectors.dtype.kind not in "fiu":
            raise InputError(
                f"features: expected real vectors of shape (N, D), got {self.vectors.dtype} {self.vectors.shape}"
            )
        parts = {"probs": self.probs, "labels": self.labels, **{f"layer {k}": v for k, v in self.layers.items()}}
        for name, part in parts.items():
            kind, dimensions = ("iu", 1) if name == "labels" else ("fiu", 2)
            if part is not None and (part.ndim != dimensions or part.dtype.kind not in kind):
                raise InputError(
                    f"features: expected {name} of {dimensions} dimensions, "
                    f"{'whole' if name == 'labels' else 'real'} numbers, got {part.dtype} {part.shape}"
                )
            if part is not None and len(part) != len(self.vectors):
                raise InputError(f"features: {len(self.vectors)} vectors but {len(part)} rows of {name}")
        for name, part in {"vectors": self.vectors, **parts}.items():
            if part is not None and part.dtype.kind == "f" and not np.isfinite(part).all():
                raise InputError(f"features: {name} hold NaN or infinity")
        if self.probs is not None and len(self.probs):
            sums = self.probs.sum(axis=1, dtype=np.float64)
            if self.probs.min() < 0 or np.abs(sums - 1).max() > 1e-3:
                raise InputError(
                    "features: expected probs in [0, 1] whose rows sum to 1, "
                    f"got values from {self.probs.min():.3g} and sums from {sums.min():.4g} to {sums.max():.4g}"
                )

    def __len__(self) -> int:
        return len(self.vectors)

    def save(self, path: Path) -> None:
        """Write one .npz: an array a field, the protocol as JSON text. Equal features are equal bytes."""
        arrays = {"vectors": self.vectors, "protocol": np.array(json.dumps(asdict(self.protocol), sort_keys=True))}
        if self.probs is not None:
            arrays["probs"] = self.probs
        if self.labels is not None:
            arrays["labels"] = self.labels
        arrays |= {f"layer.{name}": layer for name, layer in self.layers.items()}
        with atomic(path) as scratch, scratch.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Features:
        """Read a file written by :meth:`save`; `vectors` alone will do for a stranger's file."""
        require_regular(path)
        try:
            _require_readable(path)
            with np.load(path, allow_pickle=False) as archive:
                arrays = dict(archive)
        except InputError:
            raise
        except FAULTS as error:
            raise InputError(f"{path}: not readable as a features .npz: {' '.join(str(error).split())}") from error
        if "vectors" not in arrays:
            raise InputError(f"{path}: no array 'vectors' (there is: {', '.join(sorted(arrays)) or 'nothing'})")
        return cls(
            vectors=arrays["vectors"],
            probs=arrays.get("probs"),
            labels=arrays.get("labels"),
            layers={name.removeprefix("layer."): a for name, a in arrays.items() if name.startswith("layer.")},
            protocol=_protocol(path, arrays.get("protocol")),
        )


def _require_readable(path: Path) -> None:
    """Refuse an .npz whose heads are none, or whose arrays would not fit into this machine."""
    with zipfile.ZipFile(path) as archive:
        require_room(sum(member.file_size for member in archive.infolist()), str(path))
        for member in archive.infolist():
            with archive.open(member) as file:
                name = f"{path}: {member.filename}"
                require_numbers(read_header(file, name), member.file_size - file.tell(), name)


def _protocol(path: Path, text: np.ndarray | None) -> Protocol:
    if text is None:
        return Protocol(source=str(path))
    try:
        values = json.loads(str(text))
        read = {item.name: values[item.name] for item in fields(Protocol)}
        for name, value in read.items():
            if not isinstance(value, int if name == "n" else str) or isinstance(value, bool):
                raise TypeError(f"{name}: {value!r}")
        return Protocol(**read)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: its protocol is not readable: {error}") from error


def save_array(path: Path, array: np.ndarray) -> None:
    """Write one .npy atomically, never pickled."""
    with atomic(path) as scratch, scratch.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def load_array(path: Path, *, mmap: bool = False) -> np.ndarray:
    """Read one .npy, never unpickling; a missing or broken file is an InputError that names it."""
    with open_regular(Path(path)) as file:
        header = read_header(file, str(path))
        there = os.fstat(file.fileno()).st_size - file.tell()
    require_numbers(header, there, str(path))
    try:
        return np.load(path, mmap_mode="r" if mmap else None, allow_pickle=False)
    except (OSError, ValueError, OverflowError, EOFError) as error:
        raise InputError(f"{path}: not readable as .npy: {error}") from error

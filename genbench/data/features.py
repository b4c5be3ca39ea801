"""Features, the output of an extractor for images, and their file: one .npz that is never unpickled."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np

from genbench.errors import InputError
from genbench.files.atomic import atomic
from genbench.files.npy import read_header, require_numbers, require_room
from genbench.files.require_file import require_file

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
class FeatureProtocol:
    """Origin of a set of features; two sets are compared only if all but split, n and source agree.

    extractor: name of the extractor; weights: SHA-256 of its weight file, "" where it has none.
    resize: what happens to an image before the network, "none" where nothing does, "" where that is not known.
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
        """Return the part that must be equal between two sets that are compared."""
        return {"extractor": self.extractor, "weights": self.weights, "resize": self.resize, "dataset": self.dataset}


@dataclass(frozen=True)
class Features:
    """Output of an extractor for a set of images.

    vectors: (N, D) float32. probs: (N, K) float32 whose rows sum to 1, or None. labels: (N,) int64 or None.
    layers: earlier layers by name, (N, D_layer) float32, where asked for. classes: their names by label, () where they
    have none.
    """

    vectors: np.ndarray
    probs: np.ndarray | None = None
    labels: np.ndarray | None = None
    layers: dict[str, np.ndarray] = field(default_factory=dict)
    protocol: FeatureProtocol = field(default_factory=FeatureProtocol)
    classes: tuple[str, ...] = ()

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
        if self.classes and (self.labels is None or (self.labels >= len(self.classes)).any()):
            raise InputError(f"features: expected labels below {len(self.classes)}, as many as there are classes")
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
        if self.classes:
            arrays["classes"] = np.array(self.classes)
        arrays |= {f"layer.{name}": layer for name, layer in self.layers.items()}
        with atomic(path) as scratch, scratch.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Features:
        """Read a file written by :meth:`save`; `vectors` alone will do for a stranger's file."""
        require_file(path)
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
            protocol=read_protocol(path, arrays.get("protocol")),
            classes=_classes(path, arrays.get("classes")),
        )


def _require_readable(path: Path) -> None:
    """Refuse an .npz whose heads are none, or whose arrays would not fit into this machine."""
    with zipfile.ZipFile(path) as archive:
        require_room(sum(member.file_size for member in archive.infolist()), str(path))
        for member in archive.infolist():
            with archive.open(member) as file:
                name = f"{path}: {member.filename}"
                require_numbers(read_header(file, name), member.file_size - file.tell(), name)


def _classes(path: Path, names: np.ndarray | None) -> tuple[str, ...]:
    if names is None:
        return ()
    if names.ndim != 1 or names.dtype.kind != "U":
        raise InputError(f"{path}: classes: expected names (K,), got {names.dtype} {names.shape}")
    return tuple(str(name) for name in names)


def read_protocol(path: Path, text: np.ndarray | None) -> FeatureProtocol:
    """Read the protocol that an .npz holds as JSON text; where there is none, nothing is known but the path."""
    if text is None:
        return FeatureProtocol(resize="", source=str(path))
    try:
        values = json.loads(str(text))
        read = {item.name: values[item.name] for item in fields(FeatureProtocol)}
        for name, value in read.items():
            if not isinstance(value, int if name == "n" else str) or isinstance(value, bool):
                raise TypeError(f"{name}: {value!r}")
        return FeatureProtocol(**read)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: its protocol is not readable: {error}") from error

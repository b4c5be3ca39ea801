"""The folder of a prepared dataset: its splits, and about.json, which says what they are of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from genbench.data.datasets import Dataset
from genbench.data.images import Images
from genbench.data.splits import SPLITS
from genbench.errors import InputError, unknown
from genbench.files.atomic import read_json, write_json
from genbench.options import one_line

Side = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class About:
    """Content of about.json, which describes a folder of splits.

    dataset: its name. shape: (C, H, W) of an image. classes, levels: as in :class:`Dataset`.
    counts: number of images by split.
    """

    dataset: str
    shape: tuple[Side, Side, Side]
    classes: tuple[str, ...]
    levels: Annotated[int, Field(ge=2, le=256)]
    counts: dict[str, int]


def save(folder: Path, name: str, dataset: Dataset, splits: dict[str, Images]) -> About:
    """Write folder/<split>/{pixels,labels}.npy and folder/about.json for the splits of the dataset `name`."""
    for split_name, images in splits.items():
        images.save(Path(folder) / split_name)
    counts = {split_name: len(images) for split_name, images in splits.items()}
    about = About(name, dataset.images.shape, dataset.classes, dataset.levels, counts)
    write_json(Path(folder) / "about.json", asdict(about))
    return about


def load_about(folder: Path) -> About:
    """Read about.json of a folder written by :func:`save`."""
    path = Path(folder) / "about.json"
    values = read_json(path)
    names = {field.name for field in fields(About)}
    if not isinstance(values, dict) or values.keys() != names:
        raise InputError(f"{path}: expected the keys {', '.join(sorted(names))}")
    try:
        return TypeAdapter(About).validate_python(values)
    except ValidationError as error:
        raise one_line(error, f"{path}:", names) from None


def load_split(folder: Path, split: str, *, mmap: bool = False) -> Images:
    """Read one split of a folder written by :func:`save`; with `mmap` the pixels stay on disk until they are used."""
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    images, about = Images.load(Path(folder) / split, mmap=mmap), load_about(folder)
    if images.shape != about.shape:
        raise InputError(f"{folder}/{split}: expected images of {about.shape}, as about.json says, got {images.shape}")
    if len(images) and images.labels.max() >= len(about.classes):
        raise InputError(f"{folder}/{split}: expected labels below {len(about.classes)}, got {images.labels.max()}")
    return images

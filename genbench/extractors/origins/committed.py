"""The weights that are committed for built-in datasets, so that tables of different machines use one ruler."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copyfile
from typing import Any

from genbench.data.images import Images
from genbench.data.known import Known
from genbench.data.prepared import About
from genbench.errors import InputError
from genbench.files.atomic import atomic
from genbench.files.tensors import read_about
from genbench.find import PACKAGE

FOLDER = PACKAGE.parent / "genbench/extractors/weights"


def refuse(known: Known, **options: Any) -> None:
    """Refuse a dataset without committed weights, and images of other channels than theirs."""
    path = _path(known.dataset)
    channels = json.loads(read_about(path)["about"])["shape"][0]
    if known.shape and known.shape[0] not in (1, channels):  # grey is seen in equal channels
        raise InputError(
            f"extractor.classifier.weights: expected 'train' for images of {known.shape[0]} channels: the committed "
            f"weights for {known.dataset} are of {channels}"
        )


def obtain(target: Path, images: dict[str, Images], about: About, **options: Any) -> None:
    """Copy the dataset's weights to `target`. Images and options are theirs who train."""
    del images, options
    path = _path(about.dataset)
    with atomic(target) as scratch:
        copyfile(path, scratch)


def _path(name: str) -> Path:
    """Give the path of a dataset's weights; an InputError where there are none."""
    path = FOLDER / f"classifier-{name}.safetensors"
    if not path.exists():
        known = ", ".join(sorted(file.stem.removeprefix("classifier-") for file in FOLDER.glob("classifier-*")))
        raise InputError(
            f"extractor.classifier.weights: expected 'train' for {name}: weights are committed only for {known}"
        )
    return path

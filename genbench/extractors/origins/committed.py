"""The weights that are committed for built-in datasets, so that tables of different machines use one ruler."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile
from typing import Any

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.errors import InputError
from genbench.files.atomic import atomic
from genbench.find import PACKAGE

FOLDER = PACKAGE.parent / "genbench/extractors/weights"


def obtain(target: Path, images: dict[str, Images], about: About, **options: Any) -> None:
    """Copy the dataset's weights to `target`. Images and options are theirs who train."""
    del images, options
    name = about.dataset
    path = FOLDER / f"classifier-{name}.safetensors"
    if not path.exists():
        known = ", ".join(sorted(file.stem.removeprefix("classifier-") for file in FOLDER.glob("classifier-*")))
        raise InputError(
            f"extractor.classifier.weights: expected 'train' for {name}: weights are committed only for {known}"
        )
    with atomic(target) as scratch:
        copyfile(path, scratch)

"""The study's ruler: KID under an extractor of its own, between samples and the split `validation`.

Neither `reference` nor `held_out` is ever read here, and no extractor that the board is judged by is used: options
are then not chosen for what the leaderboard rewards.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genbench.data import prepared
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.errors import InputError
from genbench.extractors import extract
from genbench.find import find
from genbench.options import checked, name_of
from genbench.pipeline.params import Params
from laboratory.tuning.paths import EXTRACTOR
from laboratory.tuning.space import PARAMS, Tuning


def extractor_name(params: Params, tuning: Tuning) -> str:
    """Return the name of the study's extractor; one of the board's own is an InputError."""
    name = name_of(tuning.extractor)
    if name in params.extractors:
        raise InputError(
            f"{PARAMS}: extractor: expected none that the board is judged by ({', '.join(params.extractors)}), got "
            f"{name}: options would be chosen for the headline"
        )
    return name


def obtain(params: Params, tuning: Tuning, folder: Path = EXTRACTOR) -> None:
    """Put the weights of the study's extractor into a folder."""
    module = find("extractors", extractor_name(params, tuning))
    given = {} if isinstance(tuning.extractor, str) else {k: v for k, v in tuning.extractor.items() if k != "name"}
    options = checked(module.obtain, given, f"{PARAMS}: extractor", given=["folder", "images", "about"])
    images = Paths(params.dataset).images
    # an extractor that learns says how well it does on images that it did not see; here these are of validation
    splits = {name: prepared.load_split(images, of) for name, of in (("train", "train"), ("held_out", "validation"))}
    module.obtain(folder, splits, prepared.load_about(images), **options)


def features(params: Params, tuning: Tuning, images: Images, split: str, source: str) -> Features:
    """Extract the features of images of a split, or of samples."""
    name = extractor_name(params, tuning)
    names: dict[str, Any] = {"name": name, "dataset": params.dataset, "split": split}
    return extract(find("extractors", name).load(EXTRACTOR), images, **names, source=source)


def validation(params: Params, tuning: Tuning) -> Features:
    """Extract the features of the validation images."""
    images = prepared.load_split(Paths(params.dataset).images, "validation", mmap=True)
    return features(params, tuning, images, "validation", f"{params.dataset} validation")

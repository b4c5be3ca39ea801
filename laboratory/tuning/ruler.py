"""The study's ruler: KID under an extractor of its own, between samples and the split `validation`.

Features are standardised by the mean and the standard deviation of those of validation. Those of a network that was
never trained have a large mean, which all images share, and no scale of their own: as they are, KID's cubic kernel is
almost linear in them and sees the mean of an image set alone (on digits, a GAN and its worse options all score 0 within
the standard error).

Neither `reference` nor `held_out` is ever read here, and no extractor that the board is judged by is used: options
are then not chosen for what the leaderboard rewards.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from genbench.data import prepared
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.errors import InputError
from genbench.extractors import extract
from genbench.find import find
from genbench.metrics import kid
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


def score(real: Features, fake: Features) -> dict[str, float]:
    """Compute `kid` and its standard error `kid_se` of features standardised by the real ones."""
    mean, sd = real.vectors.mean(0), real.vectors.std(0)
    sd = np.where(sd > 0, sd, 1)  # of a feature that is the same for all images
    real, fake = (replace(one, vectors=(one.vectors - mean) / sd) for one in (real, fake))
    return kid.compute(real=real, fake=fake)

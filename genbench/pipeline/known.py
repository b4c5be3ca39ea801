"""Facts about the data of params.yaml before anything runs, without decoding a picture.

Of one's own pictures the folder says most. Of other datasets it is the options, and what the stage prepare wrote under
data/, where dvc.lock says that it was made from these options.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from genbench.data import prepared
from genbench.data.datasets import image_folder
from genbench.data.images import Shape
from genbench.data.known import Known
from genbench.data.paths import LOCK, Paths
from genbench.data.sides import Pairs
from genbench.data.splits import SPLITS, allotted, require_each_class, split_sizes
from genbench.engine.learner import Facts
from genbench.errors import InputError
from genbench.files import yaml
from genbench.find import find
from genbench.pipeline.params import Params

FOLDER = "image_folder"  # the dataset of one's own pictures


def known(params: Params) -> Known:
    """Gather what is known; an InputError refuses splits that the pictures of a folder are too few for."""
    if params.dataset == FOLDER:
        return of_survey(params, image_folder.survey(Path(params.data.source)))
    shares = params.data.split
    counts = {name: shares[name] for name in SPLITS if isinstance(shares[name], int)}
    about = _about(params)
    if about is None:
        whole = {name: int(count) for name, count in counts.items()}
        sizes = _of_targets(params, whole) if len(whole) == len(SPLITS) else None
        return Known(params.dataset, _shape(params, None), counts=sizes, pairs=_pairs(params))
    return Known(params.dataset, about.shape, about.classes, about.counts, _by_class(params, about), _pairs(params))


def of_survey(params: Params, found: image_folder.Survey) -> Known:
    """Gather what a folder of pictures says of splits and classes."""
    total = len(found.labels)
    try:
        sizes = split_sizes(params.data.split, total)
        require_each_class(found.classes, found.by_class)
    except InputError as error:
        raise InputError(f"{error} ({image_folder.SOURCE}: {params.data.source})") from None
    by_class = None
    if found.classes and params.data.paired:
        table = allotted(np.array(found.by_class), sizes)
        by_class = {name: tuple(table[:, column].tolist()) for column, name in enumerate(SPLITS)}
    sizes = _of_targets(params, sizes)
    about = _about(params)
    same = about is not None and about.counts == sizes and about.classes == found.classes
    shape = _shape(params, about if same else None)
    return Known(params.dataset, shape, found.classes, sizes, by_class, _pairs(params))


def facts(of: Known) -> Facts:
    """Return what of it models ask for."""
    return Facts(
        images=of.count("train"),
        classes=None if of.classes is None else len(of.classes),
        class_images=None if of.by_class is None else of.by_class["train"],
        held_out=of.count("held_out"),
        pairs=of.pairs,
    )


def _pairs(params: Params) -> Pairs:
    """Return the kind of the training data."""
    if params.data.pairing is None and not getattr(find("datasets", params.dataset), "PAIRS", False):
        return "none"
    return "paired" if params.data.paired else "unpaired"


def _of_targets(params: Params, sizes: dict[str, int]) -> dict[str, int]:
    """Return the sizes of the splits as prepared: an unpaired `train` has the targets of one half of its images."""
    return sizes if params.data.paired else {**sizes, "train": sizes["train"] - sizes["train"] // 2}


def _shape(params: Params, about: prepared.About | None) -> Shape | None:
    """Return the shape of an image, as prepared or as both options say."""
    if about is not None:
        return about.shape
    side, channels = params.data.pixels, params.data.channels
    return (channels, side, side) if side and channels else None


def _about(params: Params) -> prepared.About | None:
    """Return what the stage prepare wrote of these options; None where it did not, or not by DVC."""
    with suppress(InputError, OSError, UnicodeDecodeError):
        if _locked(LOCK.read_text(encoding="utf-8")) == {
            "dataset": params.dataset,
            "data": params.data.model_dump(exclude_unset=True),
        }:
            return prepared.load_about(Paths(params.dataset).images)
    return None


def _locked(lock: str) -> object:
    """Return the params of the stage prepare in the text of dvc.lock, of which the rest takes seconds to parse."""
    lines = lock.partition("\n  prepare:\n")[2].splitlines()
    ends = (index for index, line in enumerate(lines) if line[:3].strip())
    stage = yaml.parse("\n".join(lines[: next(ends, len(lines))]), str(LOCK))
    try:
        return stage["params"]["params.yaml"]
    except (TypeError, KeyError):
        return None


def _by_class(params: Params, about: prepared.About) -> dict[str, tuple[int, ...]] | None:
    """Count the images of each class in each split, by the labels on disk."""
    if not about.classes:
        return None
    counts = {}
    for name in SPLITS:
        labels = prepared.load_split(Paths(params.dataset).images, name, mmap=True).labels
        if labels.min(initial=0) < 0:
            return None
        counts[name] = tuple(np.bincount(labels, minlength=len(about.classes)).tolist())
    return counts

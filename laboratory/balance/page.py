"""The page of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from genbench.data.images import Images
from genbench.find import PACKAGE
from genbench.report.document import document
from genbench.report.grids import Picture, inline
from laboratory.balance.claims import claims, finding
from laboratory.balance.options import Options
from laboratory.balance.results import PARTS, Results, mean

HERE = PACKAGE.parent / "laboratory/balance"  # where templates lie; dvc.yaml names them
COLUMNS = 8  # images of each rare class
BYTES = 20000  # of a picture, about
NAMES = {"none": "the tail alone", "oversampling": "oversampling", "real": "real images"}


def page(
    results: Results,
    drawn: Mapping[str, Images],
    classes: Sequence[str],
    counts: np.ndarray,
    options: Options,
    dataset: str,
) -> str:
    """Make the page; returns the HTML text.

    drawn: by name, images of which those of the rare classes are shown. counts: of the tail, by class.
    """
    rare = options.tail.rare
    return document(
        HERE.parent,
        HERE,
        dataset=dataset,
        options=options,
        tail=list(zip(classes, counts.tolist(), strict=True)),
        finding=finding(results, options.runs, rare),
        claims=claims(results, options.runs, rare),
        rows=[(NAMES.get(name, name), [mean(results, name, part, rare) for part in PARTS]) for name in results],
        pictures={name: pictures(images, len(classes), rare) for name, images in drawn.items()},
        stages=["baseline@none", "baseline@oversampling", *(f"accuracy@{run}" for run in options.runs)],
    )


def pictures(images: Images, classes: int, rare: int) -> Picture:
    """Put the first images of each rare class into one picture, a row for each; a class with fewer repeats them."""
    labels = range(classes - rare, classes)
    index = [np.resize(np.flatnonzero(images.labels == label), COLUMNS) for label in labels]
    return inline(images[np.concatenate(index)], rare, COLUMNS, BYTES)

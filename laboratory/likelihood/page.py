"""The page of the five studies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from genbench.data.images import Images
from genbench.find import PACKAGE
from genbench.report.document import document
from genbench.report.grids import Picture, inline
from genbench.report.likelihood import SIGNS
from laboratory.likelihood import figures, words
from laboratory.likelihood.options import Options

HERE = PACKAGE.parent / "laboratory/likelihood"  # where templates lie; dvc.yaml names them
DIVERGENCES = PACKAGE.parent / "laboratory/divergences"  # whose style of claims and charts this page's own stands on
BYTES = 60000  # of a picture, about

Record = Mapping[str, Any]
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Found:
    """Every record. anomaly: by the class that was left out, with images of each set; pictures with its own."""

    marginal: Record
    quality: Record
    inference: Record
    anomaly: Mapping[str, tuple[Record, Arrays]]
    pictures: tuple[Record, Arrays]


def page(found: Found, options: Options, dataset: str) -> str:
    """The HTML text."""
    records = {label: record for label, (record, _) in found.anomaly.items()}
    return document(
        DIVERGENCES,
        HERE,
        dataset=dataset,
        options=options,
        found=found,
        records=records,
        claims={
            "marginal": words.marginal(found.marginal),
            "quality": words.quality(found.quality),
            "inference": words.inference(found.inference),
            "anomaly": words.anomaly(records),
            "pictures": words.pictures(found.pictures[0]),
        },
        examples={
            label: {which: row(images, 2, 3) for which, images in arrays.items()}
            for label, (_, arrays) in found.anomaly.items()
        },
        pictures={name: grid(array) for name, array in found.pictures[1].items()},
        stages=[
            "marginal",
            "quality_vs_likelihood",
            "inference",
            *(f"anomaly@{label}" for label in records),
            "pictures",
        ],
        figures=figures,
        words=words,
        signs=SIGNS,
    )


def row(pixels: np.ndarray, rows: int, columns: int) -> Picture:
    """Some of (N, C, H, W) uint8 images."""
    return inline(Images(pixels, np.full(len(pixels), -1)), rows, columns, BYTES)


def grid(pixels: np.ndarray) -> Picture:
    """(rows, columns, C, H, W) uint8 as they are laid out."""
    return row(pixels.reshape(-1, *pixels.shape[2:]), *pixels.shape[:2])

"""The page of all studies."""

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
from laboratory.claims import Claim, spoken
from laboratory.likelihood import claims, figures
from laboratory.likelihood.options import Options
from laboratory.likelihood.tables import mean

HERE = PACKAGE.parent / "laboratory/likelihood"  # where templates lie; dvc.yaml names them
DIVERGENCES = PACKAGE.parent / "laboratory/divergences"  # whose style of claims and charts this page's own stands on
BYTES = 60000  # of a picture, about

Record = Mapping[str, Any]
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Studies:
    """Records of the studies. anomaly: by the left-out class, with images of each set; pictures with its own."""

    marginal: Record
    annealed: Record
    quality: Record
    inference: Record
    anomaly: Mapping[str, tuple[Record, Arrays]]
    pictures: tuple[Record, Arrays]
    rate: Record


def page(studies: Studies, options: Options, dataset: str) -> str:
    """Make the page; returns the HTML text."""
    records = {label: record for label, (record, _) in studies.anomaly.items()}
    return document(
        HERE.parent,
        DIVERGENCES,
        HERE,
        dataset=dataset,
        options=options,
        studies=studies,
        records=records,
        finding=claims.finding(studies.quality),
        claims=claims_of(studies, records),
        examples={
            label: {which: row(images, 2, 3) for which, images in arrays.items()}
            for label, (_, arrays) in studies.anomaly.items()
        },
        pictures={name: grid(array) for name, array in studies.pictures[1].items()},
        stages=[
            "marginal",
            "annealed",
            "quality_vs_likelihood",
            "inference",
            *map("anomaly@{}".format, records),
            "pictures",
            "rate",
        ],
        figures=figures,
        mean=mean,
        spoken=spoken,
        signs=SIGNS,
        gaussians=claims.GAUSSIANS,
    )


def claims_of(studies: Studies, anomaly: Mapping[str, Record]) -> dict[str, list[Claim]]:
    """Make the claims of every study, by its name; anomaly: records by the left-out class."""
    return {
        "marginal": claims.marginal(studies.marginal),
        "annealed": claims.annealed(studies.annealed),
        "quality": claims.quality(studies.quality),
        "inference": claims.inference(studies.inference),
        "anomaly": claims.anomaly(anomaly),
        "pictures": claims.pictures(studies.pictures[0]),
        "rate": claims.rate(studies.rate),
    }


def row(pixels: np.ndarray, rows: int, columns: int) -> Picture:
    """Lay out some of (N, C, H, W) uint8 images as one picture."""
    return inline(Images(pixels, np.full(len(pixels), -1)), rows, columns, BYTES)


def grid(pixels: np.ndarray) -> Picture:
    """Lay out (rows, columns, C, H, W) uint8 images as one picture."""
    return row(pixels.reshape(-1, *pixels.shape[2:]), *pixels.shape[:2])

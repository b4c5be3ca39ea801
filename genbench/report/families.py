"""Families of models: the page filters rows by them, and a point of a chart has the mark of its family.

A model names its family, FAMILY in its module, and so does an objective of GANs, because a benchmark of divergences
compares GANs alone. The stage fingerprint writes them into code/catalogue.json. A family without a mark of its own here
has the common one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genbench.report.leaderboard import Row

CALIBRATION = "calibration"
MARKS = {  # SVG paths about (0, 0), about 10 units wide
    "f-GAN": "M0,-5.2L4.9,3.6H-4.9z",
    "WGAN": "M-4,-4h8v8h-8z",
    "other GAN": "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z",
    "autoencoder": "M0,-5.6L5.6,0L0,5.6L-5.6,0z",
    "flow": "M-1.7,-5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z",
    "autoregressive": "M0,5.2L4.9,-3.6H-4.9z",
    "diffusion": "M0,-5.6L1.5,-1.9L5.4,-1.7L2.4,0.8L3.4,4.6L0,2.4L-3.4,4.6L-2.4,0.8L-5.4,-1.7L-1.5,-1.9z",
    CALIBRATION: "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
}
OTHER = "M0,-5.4L5.1,-1.7L3.2,4.4H-3.2L-5.1,-1.7z"


@dataclass(frozen=True)
class Family:
    """Name of a family, number of its colour in the page's style, and outline of its mark."""

    name: str
    colour: int
    mark: str


def family(row: Row) -> Family:
    """Give the family of a row: its model's name where a document has none, and calibration rows are one."""
    name = CALIBRATION if row["calibration"] else row.get("family", row["model"])
    colour = list(MARKS).index(name) if name in MARKS else len(MARKS)
    return Family(name, colour, MARKS.get(name, OTHER))


def families(rows: Sequence[Row]) -> dict[Family, int]:
    """Count the rows of each family, in the order of their marks."""
    each = [family(row) for row in rows]
    ordered = sorted(set(each), key=lambda kind: (kind.colour, kind.name))
    return {kind: each.count(kind) for kind in ordered}

"""Families of models: what the page's rows are filtered by, and the mark that a run's points have.

GANs are told apart by their objective, for a benchmark of divergences is one of GANs alone. A model that is not
listed here is a family of its own, under its own name; all of those share a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genbench.report.leaderboard import Row

FAMILIES = {  # by a GAN's objective, or by the model
    "fgan": "f-GAN",
    "wgan": "WGAN",
    "gan": "other GAN",
    "vae": "autoencoder",
    "vqvae": "autoencoder",
    "autoencoder": "autoencoder",
    "glow": "flow",
    "realnvp": "flow",
    "spline_flow": "flow",
    "pixelcnn": "autoregressive",
    "ddpm": "diffusion",
    "flow_matching": "diffusion",
    "ncsn": "diffusion",
    "vesde": "diffusion",
}
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
    """A family's name, the number of its colour in the page's style, and the outline of its mark."""

    name: str
    colour: int
    mark: str


def family(row: Row) -> Family:
    """The family of a row."""
    name = _name(row)
    colour = list(MARKS).index(name) if name in MARKS else len(MARKS)
    return Family(name, colour, MARKS.get(name, OTHER))


def families(rows: Sequence[Row]) -> dict[Family, int]:
    """The families of some rows and how many rows each has, in the order of their marks."""
    found = [family(row) for row in rows]
    return {one: found.count(one) for one in sorted(set(found), key=lambda one: (one.colour, one.name))}


def _name(row: Row) -> str:
    if row["calibration"]:
        return CALIBRATION
    objective = row["options"].get("train", {}).get("objective")
    if isinstance(objective, dict):
        objective = objective.get("name")
    by_objective = FAMILIES.get(str(objective)) if row["model"] == "gan" else None
    return by_objective or FAMILIES.get(row["model"], row["model"])

"""Data of pairs for tests of models."""

from __future__ import annotations

from dataclasses import replace

from genbench.data.images import Images
from genbench.data.pairings import pairing
from genbench.data.sides import Sides
from genbench.engine.learner import Data
from genbench.options import Reference


def of_pairs(data: Data, reference: Reference = "invert") -> Data:
    """Give each image of some data its source by a pairing."""
    splits = {"train": data.train, "validation": data.validation, "held_out": data.held_out}
    return replace(data, sides={name: sides_of(images, reference) for name, images in splits.items()})


def sides_of(targets: Images, reference: Reference = "invert") -> Sides:
    """Give both sides of images by a pairing, with sources in the targets' number of channels."""
    return Sides(pairing(reference, targets.shape).sources(targets), targets).fitted()

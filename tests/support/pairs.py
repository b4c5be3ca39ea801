"""Data of pairs for tests of models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_type_hints

from genbench import metrics
from genbench.data.images import Images
from genbench.data.pairings import pairing
from genbench.data.sides import Sides
from genbench.engine.learner import Data
from genbench.find import find, members
from genbench.models.bases.translator import Translator
from genbench.options import Reference


def translates(train: dict[str, Any]) -> bool:
    """Return whether the `train:` half of a run is of a model that translates, and so of boards of pairs alone."""
    return issubclass(get_type_hints(find("models", train["model"]).build)["return"], Translator)


def scores_of_pairs() -> list[str]:
    """List the metrics that compare each image with its own target."""
    return [name for name in members("metrics") if metrics.of_pairs(find("metrics", name).compute, name)]


def of_pairs(data: Data, reference: Reference = "invert") -> Data:
    """Give each image of some data its source by a pairing."""
    splits = {"train": data.train, "validation": data.validation, "held_out": data.held_out}
    return replace(data, sides={name: sides_of(images, reference) for name, images in splits.items()})


def sides_of(targets: Images, reference: Reference = "invert") -> Sides:
    """Give both sides of images by a pairing, with sources in the targets' number of channels."""
    return Sides(pairing(reference, targets.shape).sources(targets), targets).fitted()

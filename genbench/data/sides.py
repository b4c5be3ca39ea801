"""Both sides of a dataset of pairs, and their files.

A prepared dataset with a pairing (:mod:`genbench.data.pairings`), or with pairs of its own, is the folder that every
other one is (:mod:`genbench.data.prepared`), whose images are the targets, and beside them

    <split>/sources/{pixels,labels}.npy     the source images
    sides.json                              the pairing, the shape of a source, and whether `train` is paired

Row i of the sources belongs to row i of the targets, in every split but an unpaired `train`. What knows nothing of
pairs reads the targets, and nothing of it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from genbench.data import prepared
from genbench.data.datasets._fit import luma
from genbench.data.images import Images
from genbench.data.prepared import Side
from genbench.errors import InputError
from genbench.files.atomic import read_json, write_json
from genbench.files.require_file import kind_of
from genbench.files.section import Section
from genbench.options import Flag, Reference

ABOUT = "sides.json"

#: Kinds of training data: images alone, pairs, or two sides that are of different images.
Pairs = Literal["none", "paired", "unpaired"]


@dataclass(frozen=True)
class Sides:
    """Sources and targets of one split, of equal height and width.

    paired: row i of the sources belongs to row i of the targets. Else they are two sets, and may differ in number.
    """

    sources: Images
    targets: Images
    paired: bool = True

    def __post_init__(self) -> None:
        sizes = [side.shape[1:] for side in (self.sources, self.targets)]
        if sizes[0] != sizes[1]:
            raise InputError(
                f"pairs: expected sources and targets of one size, got {'×'.join(map(str, sizes[0]))} and "
                f"{'×'.join(map(str, sizes[1]))}"
            )
        if self.paired and len(self.sources) != len(self.targets):
            raise InputError(
                f"pairs: expected a source for every target, got {len(self.sources)} sources and "
                f"{len(self.targets)} targets"
            )

    def apart(self) -> Sides:
        """Take pairs apart: sources of one half of them, targets of the other; the sides of no pair are both there."""
        mine, theirs = halves(self.targets.labels)
        return Sides(self.sources[mine], self.targets[theirs], paired=False)

    def fitted(self) -> Sides:
        """Bring sources to the targets' number of channels: grey to equal channels, colour to its luma."""
        pixels = in_channels(self.sources.pixels, self.targets.shape[0])
        return replace(self, sources=Images(pixels, self.sources.labels))


class AboutSides(Section):
    """Content of sides.json.

    pairing: the option `data.pairing`, None where the dataset itself has pairs. shape: (C, H, W) of a source.
    paired: of the split `train`; others always are.
    """

    pairing: Reference | None
    shape: tuple[Side, Side, Side]
    paired: Flag


def pair(targets: Mapping[str, Images], sources: Mapping[str, Images], *, paired: bool) -> dict[str, Sides]:
    """Put both sides of each split together; without `paired`, those of `train` are disjoint halves of its pairs."""
    sides = {name: Sides(sources[name], images) for name, images in targets.items()}
    if not paired:
        sides["train"] = sides["train"].apart()
    return sides


def in_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """Bring images, uint8 (N, 1 or 3, H, W), to 1 or 3 channels: grey to equal ones, colour to its luma."""
    if pixels.shape[1] == channels:
        return pixels
    return np.repeat(pixels, 3, axis=1) if channels == 3 else luma(pixels)


def halves(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Divide images into two disjoint halves, (N,) labels into ascending indices; the second has the more of an odd N.

    Images of a class go to both in turn, so that each half has the shares of the classes to within one image.
    """
    if len(labels) < 2:
        raise InputError(f"data.paired: false: expected at least 2 training images, one a side, got {len(labels)}")
    in_turn = np.argsort(labels, kind="stable")
    return np.sort(in_turn[1::2]), np.sort(in_turn[::2])


def save(folder: Path, sides: Mapping[str, Sides], pairing: str | dict[str, Any] | None) -> None:
    """Write the sources of each split into a folder beside its targets, which are not written, and sides.json.

    pairing: the option `data.pairing`.
    """
    for name, both in sides.items():
        both.sources.save(Path(folder) / name / "sources")
    train = sides["train"]
    write_json(Path(folder) / ABOUT, {"pairing": pairing, "shape": list(train.sources.shape), "paired": train.paired})


def load_about(folder: Path) -> AboutSides | None:
    """Read sides.json of a prepared dataset; None where it has no pairs."""
    path = Path(folder) / ABOUT
    return None if kind_of(path) == "nothing" else AboutSides.parse(read_json(path), f"{path}:")


def load(folder: Path, split: str, *, mmap: bool = False) -> Sides:
    """Read both sides of a split of a prepared dataset; with `mmap` the pixels stay on disk until they are used."""
    about = load_about(folder)
    if about is None:
        raise InputError(f"{folder}: expected pairs of images ({ABOUT}), which data.pairing makes")
    targets = prepared.load_split(folder, split, mmap=mmap)
    place = Path(folder) / split / "sources"
    sources = Images.load(place, mmap=mmap)
    if sources.shape != about.shape:
        raise InputError(f"{place}: expected images of {about.shape}, as {ABOUT} says, got {sources.shape}")
    try:
        return Sides(sources, targets, paired=about.paired or split != "train")
    except InputError as error:
        raise InputError(f"{place}: {error}") from None

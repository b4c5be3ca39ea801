"""Pairs of drawings of one emoji: Noto's is the source, Twemoji's the target.

The 1,911 base emoji of Emoji 16.0, without the variations of skin, as the packages emoji-datasource-google and
emoji-datasource-twitter 16.0.0 have them in PNGs of 64 × 64; white shows through what is transparent. The order is that
of the names of files, which are code points; classes are Unicode's groups. Each emoji is in one split with both
drawings. Many resemble each other (a person, a man and a woman at the same thing are three), and may be in two splits.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from genbench.data.datasets import Dataset
from genbench.data.datasets._fit import fit
from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.files.picture import decode
from genbench.files.require_file import kind_of

SOURCE = "data.source"  # the option of params.yaml
RELEASE = "16.0.0"
SIDE = 64
SOURCES, TARGETS = "google", "twitter"
#: Images of a dataset with this are the targets of pairs that it has itself.
PAIRS = True
ATTRIBUTION = (
    "Noto Emoji, copyright Google LLC, licensed under the Apache License 2.0 "
    "(https://github.com/googlefonts/noto-emoji). "
    "Twemoji, copyright Twitter, Inc and other contributors, licensed under CC-BY 4.0 "
    "(https://creativecommons.org/licenses/by/4.0/, https://github.com/twitter/twemoji). "
    "Both from emoji-data by Cal Henderson, MIT licence (https://github.com/iamcal/emoji-data); "
    "shown here on white and resized.\n"
)


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """Load all emoji that both packages draw; `source` holds the folders of both packages, or their node_modules."""
    drawn, described = _package(source, SOURCES), _package(source, TARGETS)
    files, groups = _listed(described / "emoji.json")
    names, labels = np.unique(groups, return_inverse=True)
    classes = tuple(str(name) for name in names)
    sides = (
        fit(
            np.stack([_drawing(package / "img" / style / str(SIDE) / file) for file in files]),
            labels,
            classes=classes,
            levels=256,
            size=size,
            channels=channels,
        )
        for package, style in ((drawn, SOURCES), (described, TARGETS))
    )
    first, second = sides
    return replace(second, sources=first.images, attribution=ATTRIBUTION)


def _package(source: Path, style: str) -> Path:
    """Find a package of drawings in the folder of one's own files; of one that is missing, say how to put it there."""
    name = f"emoji-datasource-{style}"
    places = [folder / name for folder in (source, source / "node_modules")]
    found = next((place for place in places if kind_of(place / "package.json") == "a file"), None)
    if found is None:
        raise InputError(
            f"{source}: no folder {name} ({SOURCE} names the folder that it is in); "
            f"npm install --prefix {source} {name}@{RELEASE} puts it there"
        )
    about = read_json(found / "package.json")
    release = about.get("version") if isinstance(about, dict) else None
    if release != RELEASE:
        raise InputError(f"{found}/package.json: version: expected {RELEASE}, got {release}")
    return found


def _listed(path: Path) -> tuple[list[str], list[str]]:
    """Read the files and the groups of the emoji that both packages draw, in the order of the files."""
    values = read_json(path)
    if not isinstance(values, list) or not values:
        raise InputError(f"{path}: expected a list of emoji")
    both = sorted(_entry(value, path) for value in values if _in_both(value))
    if not both:
        raise InputError(f"{path}: expected emoji that both {SOURCES} and {TARGETS} draw, got none")
    return [file for file, _ in both], [group for _, group in both]


def _in_both(value: Any) -> bool:
    return not isinstance(value, dict) or all(value.get(f"has_img_{style}") for style in (SOURCES, TARGETS))


def _entry(value: Any, path: Path) -> tuple[str, str]:
    file, group = (value.get(key) if isinstance(value, dict) else None for key in ("image", "category"))
    if not isinstance(file, str) or not isinstance(group, str) or not re.fullmatch(r"[0-9a-f-]+\.png", file):
        raise InputError(
            f"{path}: expected emoji with an image such as 1f600.png and a category, got {file!r}, {group!r}"
        )
    return file, group


def _drawing(path: Path) -> np.ndarray:
    """Read one drawing, (3, 64, 64) uint8, grey ones as colour."""
    pixels = decode(path, str(path))
    if pixels.shape[1:] != (SIDE, SIDE):
        raise InputError(f"{path}: expected a picture of {SIDE}×{SIDE} pixels, got {pixels.shape[2]}×{pixels.shape[1]}")
    return np.broadcast_to(pixels, (3, SIDE, SIDE))

"""Rulers of a study: extractors of the benchmark with options of the study, and its images as they see them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from genbench.data import prepared
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.extractors import extract
from genbench.find import find
from genbench.options import checked
from laboratory.metrics.distortions import Ruler

UNSEEN = ("reference", "held_out", "validation")  # splits that neither models nor classifiers learn from


def obtain(folder: Path, name: str, module: ModuleType, options: dict[str, Any], paths: Paths) -> None:
    """Put the weights of an extractor's module into a ruler's folder; `options` are its own, beside its name."""
    chosen = {key: value for key, value in options.items() if key != "extractor"}
    chosen = checked(module.obtain, chosen, f"rulers.{name}", given=["folder", "images", "about"])
    images = {split: prepared.load_split(paths.images, split, mmap=True) for split in ("train", "held_out")}
    module.obtain(folder, images, prepared.load_about(paths.images), **chosen)


def load(folder: Path, name: str, options: dict[str, Any], paths: Paths) -> Ruler:
    """Load a ruler: a function from images to features."""
    extractor = find("extractors", options["extractor"]).load(folder)
    return partial(_features, extractor, name, paths.dataset)


def _features(extractor: Any, name: str, of: str, images: Images) -> Features:
    return extract(extractor, images, name=name, dataset=of, split="", source="laboratory")


def unseen(paths: Paths) -> Images:
    """Load the real images that no model and no classifier learned from."""
    splits = [prepared.load_split(paths.images, split) for split in UNSEEN]
    return Images(*(np.concatenate(parts) for parts in zip(*((s.pixels, s.labels) for s in splits), strict=True)))

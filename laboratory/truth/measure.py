"""Metrics of a set of images under one ruler, at several numbers of images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from genbench.data import prepared
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.teachers import Teacher
from genbench.errors import InputError
from laboratory.metrics.distortions import Ruler, rows_of
from laboratory.metrics.sample_size import possible
from laboratory.truth import draws
from laboratory.truth.options import Measuring, SpoilingOptions
from laboratory.truth.spoilt import Row, places

Scores = dict[str, dict[str, float]]  # by number of images as text, then by key
Places = Callable[[int], np.ndarray]


@dataclass(frozen=True)
class Sides:
    """Features of real images: the first N of `reference` by N, the first of `train`, and all of `held_out`."""

    real: dict[int, Features]
    train: Features
    held_out: Features

    @classmethod
    def load(cls, images: Path, ruler: Ruler, options: Measuring) -> Sides:
        """Measure the images of a prepared dataset by a ruler."""
        reference, train, held_out = (
            prepared.load_split(images, split) for split in ("reference", "train", "held_out")
        )
        for key, count, split in (("counts", max(options.counts), reference), ("train", options.train, train)):
            if count > len(split):
                raise InputError(f"measuring.{key}: {count} are more than the {len(split)} images there are")
        whole = ruler(reference[: max(options.counts)])
        real = {n: rows_of(whole, np.arange(n)) for n in options.counts}
        return cls(real, ruler(train[: options.train]), ruler(held_out))


def scores(sides: Sides, images: Images, ruler: Ruler, options: Measuring, chosen: Places, seed: int) -> Scores:
    """Measure a set at every number of images; chosen: the places of the images that make the set of n.

    A number whose metric refuses these features, or so few, is missing.
    """
    fake, found = ruler(images), {}
    for n, real in sides.real.items():
        one = rows_of(fake, chosen(n))
        found[str(n)] = possible(real, one, options.at(n), seed, train=sides.train, held_out=sides.held_out)
    return found


def of_run(samples: Path, seeds: Sequence[int], sides: Sides, ruler: Ruler, options: Measuring) -> dict[str, Scores]:
    """Measure the samples of a run by seed, in folders <seed>/final; {} of one whose training diverged."""
    found: dict[str, Scores] = {}
    for seed in tqdm(seeds, unit="seed"):
        folder = samples / str(seed) / "final"
        if not (folder / "pixels.npy").is_file():
            raise InputError(f"{folder}: no samples of seed {seed}; `genbench repro` draws them")
        images = Images.load(folder, mmap=True)
        if 0 < len(images) < max(options.counts):
            raise InputError(f"{folder}: {len(images)} samples, expected {max(options.counts)} (measuring.counts)")
        whole = images[: max(options.counts)]
        found[str(seed)] = scores(sides, whole, ruler, options, np.arange, seed) if len(images) else {}
    return found


def of_draws(
    folder: Callable[[int], Path],
    teacher: Teacher,
    sides: Sides,
    ruler: Ruler,
    options: Measuring,
    spoilings: SpoilingOptions,
) -> Iterator[Row]:
    """Measure the draws of every seed: rows {kind, strength, n, repeat, metrics}; folder: of a seed's draws."""
    every = [(seed, *case) for seed in spoilings.seeds for case in draws.cases(teacher, spoilings, seed)]
    for seed, kind, strength in tqdm(every, unit="draw"):

        def chosen(n: int, kind: str = kind, strength: float = strength) -> np.ndarray:
            return places(kind, strength, n)

        found = scores(sides, draws.images(folder(seed), kind, strength), ruler, options, chosen, seed)
        for n, metrics in found.items():
            yield {"kind": kind, "strength": strength, "n": int(n), "repeat": seed, "metrics": metrics}

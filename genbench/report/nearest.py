"""The training image nearest to each sample that a row shows, in the features of the first ruler.

    ratio(x) = d(x) / median of d over unseen real images,

d(x) the Euclidean distance of the features of x to those of the nearest training image, as in
:mod:`genbench.metrics.memorisation`, and the unseen images evenly spaced ones of the split `reference`. It is about 1
where a sample is as near to the training images as a new real image is, and 0 of a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.metrics.numerics.neighbours import nearest
from genbench.report.grids import TILES, Picture, evenly_spaced, inline

UNSEEN = 512  # real images whose median is the unit


@dataclass(frozen=True)
class Nearest:
    """Samples of a row and their nearest training images: indices of both, and ratios; (N,) each."""

    samples: np.ndarray
    training: np.ndarray
    ratios: np.ndarray


@dataclass(frozen=True)
class Band:
    """A picture of samples above their nearest training images, and the ratio of each pair as a text."""

    picture: Picture
    ratios: Sequence[str]


def find(data: Path, extractor: str, seeds: Mapping[str, int], orders: Mapping[str, np.ndarray]) -> dict[str, Nearest]:
    """Find by run the training images nearest to its samples, in the order in which these are shown.

    data: the dataset's folder. seeds: by run, the seed whose samples are shown. orders: by run, indices of samples.
    Empty without orders, and where most unseen real images are copies of training images.
    """
    if not orders:
        return {}
    train = Features.load(data / "reference" / extractor / "train.npz").vectors
    unseen = Features.load(data / "reference" / extractor / "reference.npz").vectors
    sets = [unseen[evenly_spaced(len(unseen), UNSEEN)]]
    for run, order in orders.items():
        path = data / "features" / run / f"{seeds[run]}-{extractor}" / "final.npz"
        sets.append(Features.load(path).vectors[order])
    near = nearest(np.concatenate(sets), among=train)
    places, distances = near.places[:, 0], np.sqrt(near.distances[:, 0])
    ends = np.cumsum([len(part) for part in sets])[:-1]
    (null, *found), (_, *at) = np.split(distances, ends), np.split(places, ends)
    unit = np.median(null)
    if unit == 0:
        return {}
    return {run: Nearest(orders[run], *pair) for run, *pair in zip(orders, at, [d / unit for d in found], strict=True)}


def bands(found: Nearest, samples: Images, train: Images, limit: int) -> list[Band]:
    """Make pictures of up to TILES samples in their order, of about `limit` bytes in all.

    Where they would be larger, fewer samples are shown, evenly spaced over the order; one band at least.
    """
    columns = min(TILES[1], len(found.samples))
    most = min(TILES[0], len(found.samples) // columns)

    def band(chosen: np.ndarray, least: int) -> Picture:
        images = samples[found.samples[chosen]], train[found.training[chosen]]
        both = [np.concatenate([getattr(side, name) for side in images]) for name in ("pixels", "labels")]
        return inline(Images(*both), 2, columns, least, least=2)

    size = len(band(np.arange(columns), limit // most).uri) * 3 // 4
    count = max(1, min(most, limit // size))
    rows = evenly_spaced(len(found.samples), count * columns).reshape(count, columns)
    return [Band(band(row, limit // count), [f"{ratio:.2f}" for ratio in found.ratios[row]]) for row in rows]

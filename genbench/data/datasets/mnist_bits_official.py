"""MNIST as bits: a pixel is white with the chance that its grey value says, drawn anew for each batch of training.

The images of :mod:`genbench.data.datasets.mnist`, of which the 10,000 test images are `reference`, in their own order.
Salakhutdinov and Murray ("On the quantitative analysis of deep belief networks", 2008) and Burda, Grosse and
Salakhutdinov ("Importance weighted autoencoders", 2016, section 5.1) take grey values as probabilities of bits. The
split `train` keeps the grey values, from which every batch draws its bits (:class:`genbench.engine.batches.Batches`);
the bits of the other splits are drawn once. Numbers of nats compare with those of resampled bits alone: the fixed bits
of Larochelle and Murray (2011) are other images, and a model that sees new bits in every epoch overfits less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from genbench.data.datasets import Dataset, mnist
from genbench.data.datasets._official import numbers
from genbench.data.images import Images
from genbench.data.splits import SPLITS

TEST = 10_000


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """Load all 70,000 grey images, the test images last, as of two levels."""
    return replace(mnist.load(source=source, size=size, channels=channels), levels=2)


def split(dataset: Dataset, shares: Mapping[str, int | float], rng: np.random.Generator) -> dict[str, Images]:
    """Divide as `shares` says, in numbers of images; `reference` is all of the test images, in their own order.

    The other splits are disjoint and shuffled. The pixels of all but `train` are 0 or 255.
    """
    sizes = numbers(shares, len(dataset.images), TEST)
    shuffled = rng.permutation(len(dataset.images) - TEST)
    ends = np.cumsum(list(sizes.values()))
    chosen = {name: shuffled[end - size : end] for (name, size), end in zip(sizes.items(), ends, strict=True)}
    splits = {name: dataset.images[chosen[name]] if name in chosen else dataset.images[-TEST:] for name in SPLITS}
    return {name: images if name == "train" else bits(images, rng) for name, images in splits.items()}


def bits(images: Images, rng: np.random.Generator) -> Images:
    """Draw each pixel as 255 with the chance pixel / 255, else as 0."""
    white = rng.random(images.pixels.shape, dtype=np.float32) < images.pixels / np.float32(255)
    return Images(white.astype(np.uint8) * np.uint8(255), images.labels)

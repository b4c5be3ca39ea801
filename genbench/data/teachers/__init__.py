"""Contract of teachers: distributions over small grey images whose probability mass function is exact.

A module genbench/data/teachers/<name>.py has

    load() -> Teacher

which reads the weights beside it (safetensors, refused where their SHA-256 is not the one in the code). A dataset that
is drawn from a teacher has `teacher() -> Teacher` beside `load`, and then the truth about any set of images is known
(:func:`of`). Everything is NumPy in float64: a level is drawn by comparing a uniform number with sums of probabilities,
and rounding in float64 decides one draw in 10¹² otherwise, so that a seed gives the same bytes on every machine.

A module names in `KIN` the models that are of its own family, which have the form of the truth.

Each teacher mixes `NOISE` of uniform levels into every pixel, so that log p is finite everywhere: every image is
possible.
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from genbench.data.images import Images, Shape
from genbench.errors import InputError
from genbench.files.require_file import open_file
from genbench.find import find, members

NOISE = 0.01  # share of uniform levels in every pixel
BATCH = 250  # images at once: 30 MB of probabilities for 8 × 8 pixels, 17 levels and 10 classes
KEPT = 4  # sets of images whose log p(x, y) stays in memory: several metrics ask for that of the same images


class Entropy(NamedTuple):
    """An entropy in nats an image, and the standard error of its estimate."""

    value: float
    error: float


class Teacher(ABC):
    """A distribution p(x, y) over images x of `shape` (1, H, W) with `levels` grey levels, and classes y.

    shares: (K,) p(y). entropy: of p(x), as it was measured once. name: of messages. weights: SHA-256 of the weights.
    kin: the models of its own family. Its distribution never changes, so that log p of a set of images is kept.
    """

    def __init__(self, name: str, shape: Shape, levels: int, shares: np.ndarray) -> None:
        self.name, self.shape, self.levels = name, shape, levels
        self.shares = np.asarray(shares, np.float64)
        self.entropy = Entropy(math.nan, math.nan)
        self.weights = ""
        self.kin: tuple[str, ...] = ()
        self._kept = lru_cache(KEPT)(self._log_joint)

    @property
    def dimensions(self) -> int:
        """The number of pixels of an image."""
        return math.prod(self.shape)

    @abstractmethod
    def log_conditional(self, index: np.ndarray) -> np.ndarray:
        """Compute log p(x | y) of images (N, H·W) of levels 0 to levels − 1, for every class: (N, K) in nats."""

    @abstractmethod
    def draw(self, labels: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Draw an image of each class of `labels` (N,), in order: parts (n, H·W) of levels."""

    def log_joint(self, images: np.ndarray) -> np.ndarray:
        """Compute log p(x, y) of images (N, 1, H, W) uint8 for every class, (N, K) in nats."""
        index = self.index(images)
        if len(index) <= BATCH:  # as fast as it is; many small sets would drive out the large ones
            return self._log_joint(index.astype(np.uint8).tobytes())
        return self._kept(index.astype(np.uint8).tobytes()).copy()

    def _log_joint(self, levels: bytes) -> np.ndarray:
        """Compute log p(x, y) of images of H·W levels, one byte each."""
        index = np.frombuffer(levels, np.uint8).reshape(-1, self.dimensions).astype(np.int64)
        parts = [self.log_conditional(index[start : start + BATCH]) for start in range(0, len(index), BATCH)]
        return np.concatenate([np.empty((0, len(self.shares))), *parts]) + np.log(self.shares)

    def log_probability(self, images: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Compute log p(x) of images (N, 1, H, W) uint8, or with `labels` (N,) log p(x | y): (N,) in nats."""
        if labels is not None and not ((labels >= 0) & (labels < len(self.shares))).all():
            raise InputError(f"teacher {self.name}: expected labels from 0 to {len(self.shares) - 1}")
        joint = self.log_joint(images)
        if labels is None:
            total: np.ndarray = logsumexp(joint, axis=1)
            return total
        chosen: np.ndarray = joint[np.arange(len(joint)), labels] - np.log(self.shares[labels])
        return chosen

    def posterior(self, images: np.ndarray) -> np.ndarray:
        """Compute p(y | x) of images (N, 1, H, W) uint8 by Bayes' rule, (N, K)."""
        return posterior(self.log_joint(images))

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> Images:
        """Draw n images with their classes, or one of each of `labels` (n,)."""
        if labels is None:
            labels = rng.choice(len(self.shares), size=n, p=self.shares)
        parts = [values(self.levels)[index] for index in self.draw(labels, rng)]
        pixels = np.concatenate([np.empty((0, self.dimensions), np.uint8), *parts])
        return Images(pixels.reshape(n, *self.shape), labels.astype(np.int64))

    def estimate_entropy(self, n: int, rng: np.random.Generator) -> Entropy:
        """Estimate the entropy of p(x) from n ≥ 2 samples."""
        nats = -self.log_probability(self.sample(n, rng).pixels)
        return Entropy(float(nats.mean()), float(nats.std(ddof=1) / math.sqrt(n)))

    def index(self, images: np.ndarray) -> np.ndarray:
        """Give the levels (N, H·W) of images (N, 1, H, W) uint8; values between the levels are refused."""
        if images.dtype != np.uint8 or images.shape[1:] != self.shape:
            raise InputError(
                f"teacher {self.name}: expected uint8 images of {self.shape}, got {images.dtype} {images.shape[1:]}"
            )
        places = np.full(256, -1)
        places[values(self.levels)] = np.arange(self.levels)
        index: np.ndarray = places[images.reshape(len(images), self.dimensions)]
        if (index < 0).any():
            raise InputError(
                f"teacher {self.name}: expected pixels on {self.levels} grey levels, round(255 k / {self.levels - 1}), "
                f"got the value {images.reshape(index.shape)[index < 0][0]}"
            )
        return index


def values(levels: int) -> np.ndarray:
    """Give the pixel value of each level, (levels,) uint8."""
    return np.rint(np.arange(levels) * (255 / (levels - 1))).astype(np.uint8)


def posterior(joint: np.ndarray) -> np.ndarray:
    """Turn log p(x, y), (N, K), into p(y | x)."""
    given: np.ndarray = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    return given


@cache
def of(dataset: str) -> Teacher | None:
    """Load the teacher that a dataset was drawn from; None where it has none, as every real dataset."""
    teacher: Callable[[], Teacher] | None = getattr(find("datasets", dataset), "teacher", None)
    return None if teacher is None else teacher()


def datasets() -> list[str]:
    """List the datasets that have a teacher."""
    return [each for each in members("datasets") if hasattr(find("datasets", each), "teacher")]


def require(dataset: str, key: str) -> Teacher:
    """Load the teacher of a dataset, "" where it is unknown, and refuse one that has none; key: what needs it."""
    teacher = of(dataset) if dataset else None
    if teacher is None:
        raise InputError(
            f"{key}: needs images of a dataset whose distribution is known ({', '.join(datasets())}), "
            f"got those of {dataset or 'no dataset'}"
        )
    return teacher


def read_weights(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """Read the arrays of a safetensors file; a file of another hash is refused."""
    from safetensors.numpy import load

    with open_file(path) as file:
        content = file.read()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise InputError(f"{path}: expected the weights of SHA-256 {sha256}, got {found}")
    return load(content)

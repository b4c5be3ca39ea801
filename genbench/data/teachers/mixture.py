"""Digits by a mixture: each image is a template of its class whose pixels are binomial, independently of each other.

    p(x | y) = Σ_k w_k Π_i [(1 − ε) Binomial(x_i; L − 1, θ_ki) + ε / L]    over the templates k of the class y,

with ε of :data:`genbench.data.teachers.NOISE` and L the number of levels. It is the world that favours mixtures and
kernel density estimates, as the autoregressive one favours networks that predict pixel by pixel.

Fitted to the 1,797 digits of scikit-learn by `python -m genbench.data.teachers._fit mixture`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.special import logsumexp
from scipy.stats import binom

from genbench.data.images import Shape
from genbench.data.teachers import BATCH, NOISE, Entropy, Teacher, read_weights

WEIGHTS = Path(__file__).with_suffix(".safetensors")
SHA256 = "3d32acd152c0c28328d101c9aca50e07f4c0cdb93e4772ceac5a6e07c93e2bdc"
ENTROPY = Entropy(77.4433, 0.0398)
SHAPE, LEVELS = (1, 8, 8), 17
KIN = ("gaussian_mixture", "kernel_density", "categorical_mixture")  # models that are mixtures as well


class Mixture(Teacher):
    """templates: (T, H·W) θ in [0, 1]. weights: (T,) their shares of all images, of sum 1. classes: (T,) from 0."""

    def __init__(
        self, templates: np.ndarray, weights: np.ndarray, classes: np.ndarray, shape: Shape, levels: int
    ) -> None:
        super().__init__("mixture", shape, levels, np.bincount(classes, weights))
        self._weights, self._classes = weights, classes
        sharp = binom.pmf(np.arange(levels)[:, None], levels - 1, templates.T[:, None])  # (H·W, L, T)
        self._probabilities = (1 - NOISE) * sharp + NOISE / levels
        self._nats = np.log(self._probabilities)

    def log_conditional(self, index: np.ndarray) -> np.ndarray:
        nats = np.zeros((len(index), len(self._weights)))
        for place, table in enumerate(self._nats):
            nats += table[index[:, place]]
        joint = nats + np.log(self._weights)
        every = range(len(self.shares))
        sums = [logsumexp(joint[:, self._classes == label], axis=1) for label in every]
        given: np.ndarray = np.stack(sums, axis=1) - np.log(self.shares)
        return given

    def draw(self, labels: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
        for start in range(0, len(labels), BATCH):
            part = labels[start : start + BATCH]
            yield self._draw(part, rng.random((len(part), 1 + self.dimensions)))

    def _draw(self, labels: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        """Draw images of `labels` (n,) by inversion of `uniform` (n, 1 + H·W): a template, then each pixel."""
        shares = np.where(self._classes == labels[:, None], self._weights, 0) / self.shares[labels, None]
        templates = _inverted(shares, uniform[:, 0])
        levels = [
            _inverted(table[:, templates].T, uniform[:, 1 + place]) for place, table in enumerate(self._probabilities)
        ]
        return np.stack(levels, axis=1)


def _inverted(probs: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Give of each row of probabilities (n, L) the place whose share of the line from 0 to 1 holds `uniform` (n,)."""
    ends = probs.cumsum(axis=1)[:, :-1]
    place: np.ndarray = (ends <= uniform[:, None]).sum(axis=1)
    return place


def build(arrays: dict[str, np.ndarray]) -> Mixture:
    """Build the teacher of 8 × 8 digits from its stored arrays."""
    return Mixture(arrays["templates"].astype(np.float64), arrays["weights"], arrays["classes"], SHAPE, LEVELS)


def load() -> Mixture:
    """Load the teacher of 8 × 8 digits with 17 grey levels and ten classes."""
    teacher = build(read_weights(WEIGHTS, SHA256))
    teacher.entropy, teacher.weights, teacher.kin = ENTROPY, SHA256, KIN
    return teacher

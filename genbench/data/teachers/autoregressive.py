"""Digits by an autoregressive network: p(x | y) = Π p(x_i | pixels before it, y), in raster order.

A class-conditional PixelCNN (van den Oord et al., "Pixel recurrent neural networks", 2016): one masked
convolution that sees all pixels before, then 1 × 1 convolutions. Vectors of a pixel's place i and of the class y are
added:

    h ← relu(A s + a_i),    h ← h + relu(B h + b_i + u_y),    g = relu(C h + c_iy),
    p = (1 − ε) softmax((D g + d_i) / T) + ε / L,

with s the pixels before (0 to 1, less a half; 0 outside), ε of :data:`genbench.data.teachers.NOISE`, L the number of
levels. The class comes in after the largest products, so that the ten conditional probabilities of an image cost four
times as much as one.

Fitted to the 1,797 digits of scikit-learn by `python -m genbench.data.teachers._fit autoregressive`, which says how
the temperature T was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from genbench.data.images import Shape
from genbench.data.teachers import BATCH, NOISE, Entropy, Teacher, read_weights

WEIGHTS = Path(__file__).with_suffix(".safetensors")
SHA256 = "7cc7051b7c871edcc4acd44cd9be542ebb1cfddd55d4ab0d325494b5f157bb05"
ENTROPY = Entropy(76.3954, 0.0458)
SHAPE, LEVELS = (1, 8, 8), 17
KIN = ("pixelcnn",)  # models that predict pixel by pixel as well
Drop = Callable[[Any], Any]


def before(shape: Shape) -> np.ndarray:
    """Give what each pixel sees: (H·W, S) places of pixels before it, H·W where there is none.

    The window is the same for all: H − 1 rows above, 2 W − 1 wide, and W − 1 pixels to the left.
    """
    _, height, width = shape
    rows, columns = np.divmod(np.arange(height * width)[:, None], width)
    steps = [(-up, over) for up in range(height - 1, 0, -1) for over in range(1 - width, width)]
    steps += [(0, -left) for left in range(width - 1, 0, -1)]
    up, over = np.array(steps, np.int64).reshape(-1, 2).T
    row, column = rows + up, columns + over
    inside = (row >= 0) & (column >= 0) & (column < width)
    return np.where(inside, row * width + column, height * width)


def identity(features: Any) -> Any:
    """Drop nothing."""
    return features


def shared(weights: dict[str, Any], seen: Any, place: Any, drop: Drop = identity) -> tuple[Any, Any]:
    """Compute h and B h + b_i of pixels (..., S) seen at `place` (an index or a slice of all), (..., W) each.

    NumPy arrays or torch tensors alike: the network that is fitted is the one that is used.
    """
    h = relu(seen @ weights["seen"] + weights["seen_place"][place])
    return h, drop(h) @ weights["hidden"] + weights["hidden_place"][place]


def logits(
    weights: dict[str, Any], common: tuple[Any, Any], place: Any, of_class: tuple[Any, Any], drop: Drop = identity
) -> Any:
    """Compute the logits (..., L) from the results of :func:`shared` and the vectors u_y and c_iy."""
    h = common[0] + relu(common[1] + of_class[0])
    g = relu(drop(h) @ weights["mixed"] + of_class[1])
    return drop(g) @ weights["out"] + weights["out_place"][place]


def relu(values: Any) -> Any:
    """Set what is below 0 to 0."""
    return values.clip(min=0)


class Autoregressive(Teacher):
    """The network with its weights: arrays by name, as :func:`sizes` lists them, and a temperature."""

    def __init__(
        self, weights: dict[str, np.ndarray], shape: Shape, levels: int, shares: np.ndarray, temperature: float
    ) -> None:
        super().__init__("autoregressive", shape, levels, shares)
        self._weights, self._temperature, self._before = weights, temperature, before(shape)

    def log_conditional(self, index: np.ndarray) -> np.ndarray:
        w, everywhere = self._weights, slice(None)
        common = shared(w, scaled(index, self.levels)[:, self._before], everywhere)  # (N, H·W, W) each
        nats = np.empty((len(index), len(self.shares)))
        for label in range(len(self.shares)):
            probs = self._probabilities(common, everywhere, (w["class"][label], w["class_place"][label]))
            nats[:, label] = np.log(np.take_along_axis(probs, index[:, :, None], axis=2)).sum(axis=(1, 2))
        return nats

    def draw(self, labels: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
        for start in range(0, len(labels), BATCH):
            part = labels[start : start + BATCH]
            yield self._draw(part, rng.random((len(part), self.dimensions)))

    def _draw(self, labels: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        """Draw images of `labels` (n,) by inversion of `uniform` (n, H·W)."""
        w, index = self._weights, np.zeros((len(labels), self.dimensions), np.int64)
        seen = np.zeros((len(labels), self.dimensions + 1))
        for place in range(self.dimensions):
            common = shared(w, seen[:, self._before[place]], place)
            of_class = w["class"][labels], w["class_place"][labels, place]
            ends = self._probabilities(common, place, of_class).cumsum(axis=1)
            index[:, place] = (ends[:, :-1] <= uniform[:, place, None]).sum(axis=1)
            seen[:, place] = scaled(index[:, place, None], self.levels)[:, 0]
        return index

    def _probabilities(
        self, common: tuple[np.ndarray, np.ndarray], place: Any, of_class: tuple[np.ndarray, np.ndarray]
    ) -> np.ndarray:
        """Compute the probabilities (..., L) of the levels of the pixels at `place`."""
        sharp = softmax(logits(self._weights, common, place, of_class) / self._temperature, axis=-1)
        probs: np.ndarray = (1 - NOISE) * sharp + NOISE / self.levels
        return probs


def scaled(index: np.ndarray, levels: int) -> np.ndarray:
    """Scale levels (N, H·W) to −½ … ½, with a last column of zeros for what lies outside, (N, H·W + 1)."""
    return np.pad(index / (levels - 1) - 0.5, ((0, 0), (0, 1)))


def sizes(shape: Shape, levels: int, classes: int, width: int) -> dict[str, tuple[int, ...]]:
    """List the weights' shapes by name: width features in the first layers, half as many in the last."""
    places, seen = before(shape).shape
    return {
        "seen": (seen, width),
        "seen_place": (places, width),
        "hidden": (width, width),
        "hidden_place": (places, width),
        "class": (classes, width),
        "mixed": (width, width // 2),
        "class_place": (classes, places, width // 2),
        "out": (width // 2, levels),
        "out_place": (places, levels),
    }


def build(arrays: dict[str, np.ndarray]) -> Autoregressive:
    """Build the teacher of 8 × 8 digits from its stored arrays: the weights, `shares` and `temperature`."""
    weights = {name: array.astype(np.float64) for name, array in arrays.items()}
    shares, temperature = weights.pop("shares"), float(weights.pop("temperature")[0])
    return Autoregressive(weights, SHAPE, LEVELS, shares, temperature)


def load() -> Autoregressive:
    """Load the teacher of 8 × 8 digits with 17 grey levels and ten classes."""
    teacher = build(read_weights(WEIGHTS, SHA256))
    teacher.entropy, teacher.weights, teacher.kin = ENTROPY, SHA256, KIN
    return teacher

"""Edges → image: the source has the edges of the target, by Sobel's gradient of its luma.

With G = √(G_x² + G_y²), where G_x and G_y are correlations of grey values in [0, 1] with Sobel's kernels
[1, 2, 1]ᵀ [−1, 0, 1] and its transpose (Sobel, Feldman, "A 3×3 isotropic gradient operator for image processing",
1968; pixels beyond the border repeat those on it), the strength of an edge is min(G / 4, 1): a step from black to white
along a row or a column has strength 1. Isola et al., "Image-to-image translation with conditional adversarial
networks" (2017), section 4, translate edges to photographs.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d

from genbench.data.datasets._fit import luma
from genbench.data.images import Shape
from genbench.data.pairings import Pairing
from genbench.options import Fraction

EXAMPLES: tuple[dict[str, object], ...] = ({}, {"threshold": None})
STEP = 4.0  # the gradient of a step from 0 to 1


def build(shape: Shape, *, threshold: Fraction | None = 0.25) -> Pairing:
    """Build the pairing; sources have 1 channel.

    threshold: an edge is white (255) where it is stronger than this, of 0 to 1, and all else black (0). None: the
    strength itself is shown, as 0 to 255.
    """

    def make(targets: np.ndarray) -> np.ndarray:
        strength = strengths(targets)
        shown = strength if threshold is None else strength > threshold
        return np.rint(shown * 255.0).astype(np.uint8)

    return Pairing((1, *shape[1:]), make)


def strengths(images: np.ndarray) -> np.ndarray:
    """Compute the strength of edges, (N, 1, H, W) in [0, 1], of (N, 1 or 3, H, W) uint8 images."""
    grey = (luma(images) if images.shape[1] == 3 else images) / 255
    gradients = (
        correlate1d(correlate1d(grey, [-1, 0, 1], along, mode="nearest"), [1, 2, 1], across, mode="nearest")
        for along, across in ((2, 3), (3, 2))
    )
    return np.minimum(np.hypot(*gradients) / STEP, 1)

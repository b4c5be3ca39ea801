"""Scores of pairs in pixels: mean absolute error, PSNR, SSIM, and the error of a cycle.

Images are uint8 (N, C, H, W), 0 to 255. Of x an output and y its target, over the D numbers of an image,

    MAE = Σ |x − y| / (255 D), from 0 to 1;
    PSNR = 10 log₁₀(255² / max(Σ (x − y)² / D, 1/12)) dB. 1/12 is the variance of rounding to whole grey levels, below
    which two images are not told apart: equal images have 58.92 dB, so that means over images are finite;
    SSIM: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity"
    (2004), equation 13, from −1 to 1. Local means, variances and covariances are by a Gaussian window of 11 × 11 and
    σ = 1.5, K₁ = 0.01, K₂ = 0.03, L = 255; its map, where the window lies within the image, is averaged, and so are
    the channels. Of images whose side is below 11 the window is the largest of an odd side that fits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import correlate1d

from genbench.metrics.twins import require_twins

PEAK = 255.0
ROUNDING = 1 / 12
WINDOW, SIGMA = 11, 1.5
STABILITY = ((0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2)
BLOCK = 256  # pairs at once, so that what is held does not grow with them

#: From uint8 images (N, C, H, W) to translated ones.
Translation = Callable[[np.ndarray], np.ndarray]


def mean_absolute_error(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Compute MAE of each pair, (N,) float64 from 0 to 1."""
    require_twins("mae", outputs, targets)
    return _of_blocks(lambda x, y: np.abs(x - y).mean(axis=(1, 2, 3)) / PEAK, outputs, targets)


def psnr(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Compute the peak signal-to-noise ratio of each pair, (N,) float64 in dB, from 0 to 58.92."""
    require_twins("psnr", outputs, targets)
    squared = _of_blocks(lambda x, y: np.square(x - y).mean(axis=(1, 2, 3)), outputs, targets)
    return 10 * np.log10(PEAK**2 / np.maximum(squared, ROUNDING))


def ssim(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Compute the structural similarity of each pair, (N,) float64 from −1 to 1."""
    require_twins("ssim", outputs, targets)
    return _of_blocks(_ssim, outputs, targets)


def cycle_error(sources: np.ndarray, there: Translation, back: Translation) -> np.ndarray:
    """Compute MAE between each source and its translation there and back, (N,) from 0 to 1.

    Zhu, Park, Isola, Efros, "Unpaired image-to-image translation using cycle-consistent adversarial networks" (2017),
    section 3.2, as a score of finished images. It is 0 for any pair of exact inverses, right or not.
    """
    return mean_absolute_error(back(there(sources)), sources)


def _of_blocks(
    score: Callable[[np.ndarray, np.ndarray], np.ndarray], outputs: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    starts = range(0, len(targets), BLOCK)
    pairs = ((side[start : start + BLOCK].astype(np.float64) for side in (outputs, targets)) for start in starts)
    return np.concatenate([score(*pair) for pair in pairs])


def _ssim(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    side = min(WINDOW, *x.shape[2:])
    radius = (side - 1) // 2
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * SIGMA**2))
    weights /= weights.sum()

    def local(values: np.ndarray) -> np.ndarray:
        means = correlate1d(correlate1d(values, weights, axis=2), weights, axis=3)
        return means[:, :, radius : values.shape[2] - radius, radius : values.shape[3] - radius]

    mean_x, mean_y = local(x), local(y)
    variances = local(x * x) - mean_x**2 + local(y * y) - mean_y**2
    covariance = local(x * y) - mean_x * mean_y
    of_means, of_spread = STABILITY
    luminance = (2 * mean_x * mean_y + of_means) / (mean_x**2 + mean_y**2 + of_means)
    structure = (2 * covariance + of_spread) / (variances + of_spread)
    return (luminance * structure).mean(axis=(1, 2, 3))

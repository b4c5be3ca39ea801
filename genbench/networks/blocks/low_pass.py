"""Resampling by two without aliases: Karras et al. (2019), StyleGAN, section 4, after Zhang (2019).

The filter is [1, 3, 3, 1] / 8 in both directions, which is the mean of two neighbours three times over. Beyond the
border there are zeros.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def low_pass(features: Tensor, padding: int, means: int = 3) -> Tensor:
    """Filter (B, C, H, W) with `padding` zeros around, by `means` means of neighbours; sides grow by 2·padding − means.

    Three are [1, 3, 3, 1] / 8, two are [1, 2, 1] / 4.
    """
    features = functional.pad(features, [padding] * 4)
    for _ in range(means):
        features = functional.avg_pool2d(features, 2, stride=1)
    return features


def double(features: Tensor) -> Tensor:
    """Double the sides of (B, C, H, W); repeating pixels is a mean of neighbours already."""
    return low_pass(functional.interpolate(features, scale_factor=2.0, mode="nearest"), 1, means=2)


def halve(features: Tensor) -> Tensor:
    """Halve the sides of (B, C, H, W), rounded down."""
    return low_pass(features, 1)[..., ::2, ::2]


def double_by(features: Tensor, weight: Tensor) -> Tensor:
    """Double the sides of (B, C, H, W) and convolve with 3×3 filters (outputs, C, 3, 3), which work on the few pixels.

    That is the convolution of the doubled features: two linear filters commute, the border apart.
    """
    return 4 * low_pass(functional.conv_transpose2d(features, weight.transpose(0, 1), stride=2), 1)

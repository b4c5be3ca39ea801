"""Fréchet distance of two sets: FID where its features are Inception's."""

from __future__ import annotations

import os

from genbench.api._located import Images
from genbench.api.evaluate import evaluate


def fid(real: Images, fake: Images, *, extractor: str | os.PathLike[str] | None = None) -> float:
    """Compute the FID of two sets of images, or the Fréchet distance of two sets of features.

    With m and S the mean and covariance of the features of a set, the distance is

        |m₁ − m₂|² + tr(S₁ + S₂ − 2 (S₁ S₂)^½)

    (Heusel et al., 2017, equation 6). It is FID if the features are Inception's: those of images without `extractor`,
    and saved ones. Of features given as 2-D arrays (N, D), which nobody knows the extractor of, and under another
    extractor it is the Fréchet distance in those features, which is no FID and compares with none.

    Args:
        real: real images or features, as for :func:`genbench.evaluate`.
        fake: generated images or features. The distance is symmetric, to rounding.
        extractor: a module of genbench/extractors or a folder of one; None for "inception".

    Returns:
        The distance, at least 0. It is biased upwards, by about 1/N: compare it at equal N alone.

    Raises:
        InputError: a set is not usable, or Inception's weights are not here; the message says what `extractor=` can be.

    Examples:
        A shift of each of D = 16 features by c has the distance D c².

        >>> import genbench, numpy as np
        >>> features = np.random.default_rng(0).normal(size=(500, 16))
        >>> round(genbench.fid(features, features + 0.5), 6)
        4.0
    """
    return evaluate(real=real, fake=fake, metrics=["fid"], extractor=extractor).metrics["fid"]

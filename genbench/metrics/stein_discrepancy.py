"""Discrete kernel Stein discrepancy: generated images against the known distribution, without any of its samples.

For neighbours y of an image x, one pixel one level higher or lower, Barker's operator

    (A f)(x) = Σ_y p(y) / (p(x) + p(y)) · (f(y) − f(x))

has the mean 0 under p for every f (Shi et al., "Gradient estimation with discrete Stein operators", 2022), and its
coefficients are bounded. With the kernel k(x, x') = s² exp(−Σ_i |x_i − x'_i| / s) on levels, s the median of these
distances among the images and s² so that a step of one level counts alike for every s, the squared discrepancy

    stein_discrepancy = E A_x A_x' k(x, x')    over pairs of different images (Yang et al., "Goodness-of-fit testing for
                                               discrete distributions via Stein discrepancy", 2018)

is estimated without bias, and is 0 in mean for images of p. Its standard error is that of a U-statistic, both terms of
it, so that it holds between equal distributions too. It costs log p of up to 2 D neighbours an image, hence few images.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field, Strict
from scipy.spatial.distance import pdist
from scipy.special import expit

from genbench.data.features import Features
from genbench.data.teachers import Teacher, values
from genbench.errors import InputError
from genbench.metrics import Column
from genbench.metrics._truth import images_of
from genbench.metrics.numerics.estimates import Estimate

COLUMNS = {
    "stein_discrepancy": Column(
        label="KSD²",
        better="lower",
        fails="Nearly blind to the shares of modes far apart: never read alone. May be below 0 by chance.",
        headline=False,
    ),
    "stein_discrepancy_se": Column(
        label="KSD² s.e.", better="none", low=0.0, fails="Leaves out the training of the model.", headline=False
    ),
}
DEFAULTS = {"images": 200}
LEAST, MOST = 3, 500  # images; of the most half a million probabilities for 64 pixels
Number = Annotated[int, Strict(), Field(ge=LEAST, le=MOST)]
STEPS = (-1, 1)
ROWS = 16  # images at once


def compute(*, fake: Features, teacher: Teacher, rng: np.random.Generator, images: Number) -> dict[str, float]:
    """Compute the squared discrepancy of `images` of the images in `fake.vectors` (M, D), pixels, and its error.

    images: `LEAST` to `MOST`, drawn by `rng` where there are more.
    """
    pixels = images_of("stein_discrepancy", teacher, fake=fake)
    if len(pixels) < LEAST:
        raise InputError(f"stein_discrepancy: needs at least {LEAST} images, fake has {len(pixels)}")
    chosen = pixels[np.sort(rng.choice(len(pixels), min(images, len(pixels)), replace=False))]
    estimate = u_statistic(stein_kernel(teacher, chosen))
    return {"stein_discrepancy": estimate.value, "stein_discrepancy_se": estimate.error}


def stein_kernel(teacher: Teacher, images: np.ndarray, scale: float | None = None) -> np.ndarray:
    """Compute A_x A_x' k(x, x') of all pairs of images (N, 1, H, W), (N, N). scale: s, None for the median distance."""
    index = teacher.index(images)
    weights = _weights(teacher, images, index)
    if scale is None:
        scale = max(1.0, float(np.median(pdist(index, "cityblock"))))
    starts = range(0, len(index), ROWS)
    parts = [_rows(index[at : at + ROWS], weights[at : at + ROWS], index, weights, scale) for at in starts]
    return np.concatenate(parts)


def u_statistic(kernel: np.ndarray) -> Estimate:
    """Estimate the mean of a kernel over pairs of different images, (N, N) symmetric, N ≥ 3, with its standard error.

    The variance is 4 ζ₁ / n + 2 ζ₂ / (n (n − 1)), ζ₂ of single entries and ζ₁ of their means given one image; it is
    the second term alone where the kernel is degenerate, as between equal distributions.
    """
    n = len(kernel)
    apart = kernel[~np.eye(n, dtype=bool)].reshape(n, n - 1)
    of_pairs, of_rows = apart.var(), apart.mean(axis=1).var(ddof=1)
    first = max(0.0, of_rows - of_pairs / (n - 1))
    return Estimate(float(apart.mean()), float(np.sqrt(4 * first / n + 2 * of_pairs / (n * (n - 1)))))


def _weights(teacher: Teacher, images: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Compute p(y) / (p(x) + p(y)) of each image's neighbours, (N, D, 2); 0 where there is no such level."""
    weights = np.zeros((*index.shape, len(STEPS)))
    for at, nats in enumerate(teacher.log_probability(images)):
        neighbours = np.repeat(index[at : at + 1], weights[at].size, axis=0).reshape(*weights[at].shape, -1)
        moved = index[at][:, None] + np.array(STEPS)
        there = (moved >= 0) & (moved < teacher.levels)
        place, step = np.nonzero(there)
        neighbours[place, step, place] = moved[there]
        pixels = values(teacher.levels)[neighbours[there]].reshape(-1, *teacher.shape)
        weights[at][there] = expit(teacher.log_probability(pixels) - nats)
    return weights


def _rows(x: np.ndarray, of_x: np.ndarray, z: np.ndarray, of_z: np.ndarray, scale: float) -> np.ndarray:
    """Compute A_x A_z k of images of levels x (n, D) and z (N, D) with weights (…, D, 2), (n, N).

    The kernel is a product over pixels, so that moving one pixel of x and another of z multiplies it by two factors:
    with a and b the weighted sums of factors less 1, and c that of both moves at one pixel,
    A_x A_z k = k (Σ a Σ b − Σ a b + Σ c).
    """
    gap = x[:, None] - z
    near = np.abs(gap)

    def factor(by: int) -> np.ndarray:
        """Give k after a difference grew by `by`, divided by k before, less 1."""
        grown: np.ndarray = np.expm1((near - np.abs(gap + by)) / scale)
        return grown

    a, b, c = np.zeros(gap.shape), np.zeros(gap.shape), np.zeros(gap.shape)
    factors = {by: factor(by) for by in (-2, -1, 0, 1, 2)}
    for left, step in enumerate(STEPS):
        a += of_x[:, None, :, left] * factors[step]
        b += of_z[None, :, :, left] * factors[-step]
        for right, other in enumerate(STEPS):
            both = factors[step - other] - factors[step] - factors[-other]
            c += of_x[:, None, :, left] * of_z[None, :, :, right] * both
    kernel: np.ndarray = np.exp(-near.sum(axis=2) / scale)
    return scale**2 * kernel * (a.sum(axis=2) * b.sum(axis=2) + (c - a * b).sum(axis=2))

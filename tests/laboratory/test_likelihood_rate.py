"""Bits of codes against errors: a Gaussian's rate-distortion function, and a VAE whose codes are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genbench.data.images import Images
from genbench.models.vae import VAE
from genbench.seeding import torch_rng
from laboratory.likelihood.rate import linear_error, point, variances_of, water_filling

VARIANCES = np.array([16.0, 4.0, 1.0, 0.25])


def test_each_halving_of_the_error_of_a_component_costs_a_bit() -> None:
    assert water_filling(VARIANCES, 1, 16.0) == (0.0, 21.25)
    assert water_filling(VARIANCES, 1, 1.0) == (2.0, 6.25)
    assert water_filling(VARIANCES, 4, 1.0) == (3.0, 3.25)  # 2 + 1 bits; the last two keep all of theirs


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("level", [8.0, 2.0, 0.1])
def test_the_error_of_so_many_bits_is_that_of_their_level(size: int, level: float) -> None:
    bits, total = water_filling(VARIANCES, size, level)
    assert linear_error(VARIANCES, size, bits) == pytest.approx(math.sqrt(total / 4))


def test_without_bits_the_error_is_the_deviation_and_with_all_what_no_number_codes() -> None:
    assert linear_error(VARIANCES, 2, 0.0) == pytest.approx(math.sqrt(21.25 / 4))
    assert linear_error(VARIANCES, 2, 200.0) == pytest.approx(math.sqrt(1.25 / 4))


def test_more_numbers_are_never_worse() -> None:
    for bits in (0.5, 3.0, 10.0):
        errors = [linear_error(VARIANCES, size, bits) for size in (1, 2, 3, 4)]
        assert errors == sorted(errors, reverse=True)


def test_variances_are_those_along_principal_axes() -> None:
    pixels = np.zeros((4, 1, 1, 2), np.uint8)
    pixels[:2, 0, 0, 0] = 255  # half of the images are white at the left, from -1 to 1
    assert variances_of(Images(pixels, np.zeros(4, np.int64))).tolist() == pytest.approx([4 / 3, 0.0])


class Known(nn.Module):
    """Encoder of images (B, 1, 1, 1) to N(x, sd²)."""

    def __init__(self, sd: float) -> None:
        super().__init__()
        self.sd = sd

    def forward(self, images: Tensor) -> Tensor:
        means = images.flatten(1)
        return torch.cat([means, torch.full_like(means, math.log(self.sd))], 1)


def test_bits_are_the_divergence_from_the_prior_and_the_error_that_of_drawn_codes() -> None:
    """Of x with unit variance and q = N(x, sd²): ½ (E x² + sd² − 1) − log sd nats, and an error of sd."""
    images = torch.randn(20_000, 1, 1, 1, generator=torch_rng(0, "images"))
    vae = VAE((1, 1, 1), nn.Unflatten(1, (1, 1, 1)), Known(0.5), 1, 0.35, 0.1)
    found = point(vae, images, 0)
    square = float(images.double().square().mean())
    assert found["bits"] == pytest.approx((0.5 * (square + 0.25 - 1) - math.log(0.5)) / math.log(2))
    assert found["error"] == pytest.approx(0.5, rel=0.02)

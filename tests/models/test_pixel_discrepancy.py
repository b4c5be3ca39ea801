"""The discrepancy that weights are chosen by is KID on pixels, and sees what it should."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.pixels import scale
from genbench.engine.learner import Data
from genbench.metrics import kid
from genbench.models import to_validation
from genbench.models.bases.pixel_mmd import squared_pixel_mmd
from genbench.seeding import torch_rng
from tests.engine.test_training import catalogue_model, images


def pictures(n: int, seed: int, mean: float = 0.0) -> torch.Tensor:
    """Normal noise of the shape (n, 1, 2, 3)."""
    return mean + torch.randn(n, 1, 2, 3, generator=torch_rng(seed, "pictures"))


@given(n=st.integers(3, 9), m=st.integers(3, 9), seed=st.integers(0, 999))
def test_it_is_the_kernel_inception_distance_of_pixels(n: int, m: int, seed: int) -> None:
    real, fake = pictures(n, seed), pictures(m, seed + 1, 0.5)
    sets = [Features(one.flatten(1).numpy()) for one in (real, fake)]
    wanted = kid.compute(real=sets[0], fake=sets[1])["kid"]
    assert squared_pixel_mmd(real, fake) == pytest.approx(wanted, rel=1e-5, abs=1e-6)


def test_two_points_by_hand() -> None:
    # D = 1: k(1, 1) = 8, k(0, 0) = 1, k(0, 1) = 1
    one, zero = torch.ones(2, 1, 1, 1), torch.zeros(2, 1, 1, 1)
    assert squared_pixel_mmd(one, zero) == 8 + 1 - 2


def test_it_is_zero_in_the_mean_between_equal_distributions() -> None:
    values = np.array([squared_pixel_mmd(pictures(6, 2 * k), pictures(5, 2 * k + 1)) for k in range(2000)])
    assert abs(values.mean()) < 4 * values.std() / math.sqrt(len(values))
    assert values.min() < 0


def test_it_is_nan_where_a_sample_is() -> None:
    assert math.isnan(squared_pixel_mmd(pictures(3, 0), pictures(3, 1) * math.nan))


def test_models_without_a_likelihood_are_asked_with_a_thousand_samples_however_few_images_there_are() -> None:
    model = catalogue_model("nsgan").eval()
    some = images(20)
    data = Data(some, some, some, 256, ())
    value = to_validation(model, data, torch_rng(0, "validate"))
    rng = torch_rng(0, "validate")
    order = torch.randperm(20, generator=rng)
    assert sorted(order.tolist()) == list(range(20))
    with torch.no_grad():
        fake = torch.cat([model.sample(n, rng=rng) for n in (180, 180, 180, 180, 180, 100)])
    assert value == model.validate(data, torch_rng(0, "validate"))
    assert value == pytest.approx(squared_pixel_mmd(scale(torch.from_numpy(some.pixels)), fake))


def test_no_validation_images_is_no_choice() -> None:
    none = Images(np.zeros((0, 1, 8, 8), np.uint8), np.zeros(0, np.int64))
    assert catalogue_model("nsgan").validate(Data(images(), none, images(), 256, ()), torch_rng(0, "v")) is None

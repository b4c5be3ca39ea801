"""Mutual information gap: 1 for codes that are the factors, 0 for codes that say nothing or say all twice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from genbench.evaluation.disentanglement import BINS, binned, factors, gap, information

#: Each combination of three factors once, so that they are independent exactly.
KNOWN = np.array(list(itertools.product(range(BINS), repeat=3)), dtype=np.float64)


def test_codes_that_are_the_factors_have_a_gap_of_one() -> None:
    assert gap(KNOWN, KNOWN) == pytest.approx(1.0)
    stretched = np.stack([np.exp(KNOWN[:, 2]), -KNOWN[:, 0], KNOWN[:, 1] ** 3], 1)
    assert gap(stretched, KNOWN) == pytest.approx(1.0), "scale and order do not matter"


def test_codes_of_noise_have_no_gap() -> None:
    noise = np.random.default_rng(0).standard_normal((len(KNOWN), 6))
    assert 0 <= gap(noise, KNOWN) < 0.02


def test_a_factor_that_is_told_twice_and_one_that_is_not_told_have_none() -> None:
    assert gap(np.concatenate([KNOWN, KNOWN], 1), KNOWN) == pytest.approx(0.0)
    assert gap(KNOWN[:, :1], KNOWN) == pytest.approx(1 / 3)


def test_constant_and_broken_numbers_count_as_nothing() -> None:
    assert gap(np.zeros((50, 2)), np.random.default_rng(0).random((50, 3))) == 0
    assert gap(KNOWN, np.zeros_like(KNOWN)) == 0
    assert gap(np.full_like(KNOWN, np.nan), KNOWN) == 0


def test_information_of_equal_parts_is_their_entropy() -> None:
    parts = binned(np.arange(100.0))
    assert information(parts, parts) == pytest.approx(np.log(BINS))
    assert information(parts, np.tile(np.arange(BINS), 10)) == pytest.approx(0.0)


def test_factors_are_measured_on_images() -> None:
    images = np.zeros((2, 1, 8, 8), np.uint8)
    images[1] = 255
    assert factors(images)[:, 0].tolist() == [0.0, 1.0]

"""FID∞ on Gaussians, whose distance is known; its standard error against repeated draws."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import NotGivenError, fid, fid_infinity
from genbench.pipeline import params
from tests.support.clone import ROOT


def compute(real: np.ndarray, fake: np.ndarray, groups: int = 10, seed: int = 0) -> dict[str, float]:
    sets = {"real": Features(real), "fake": Features(fake)}
    return fid_infinity.compute(**sets, rng=np.random.default_rng(seed), groups=groups)


@pytest.mark.parametrize("shift", [0, 1])
def test_bias_is_gone_and_error_holds(shift: float) -> None:
    """Standard Gaussians a distance of √10 · shift apart; FID itself is too high by D(D + 5)/4 · (1/N + 1/M)."""
    dimensions, n, m = 10, 300, 400
    pairs = [np.random.default_rng(seed).normal(size=(n + m, dimensions)) for seed in range(40)]
    sets = [(rows[:n], rows[n:] + shift) for rows in pairs]
    truth, bias = dimensions * shift**2, dimensions * (dimensions + 5) / 4 * (1 / n + 1 / m)
    plain = np.array([fid.compute(real=Features(x), fake=Features(y))["fid"] for x, y in sets])
    results = [compute(x, y) for x, y in sets]
    values = np.array([r["fid_infinity"] for r in results])
    assert plain.mean() - truth == pytest.approx(bias, abs=max(0.2 * bias, 4 * plain.std() / np.sqrt(40)))
    assert abs(values.mean() - truth) < max(0.1 * bias, 4 * values.std() / np.sqrt(40))
    if shift:
        assert np.mean([r["fid_se"] for r in results]) == pytest.approx(plain.std(), rel=0.4)


@pytest.mark.parametrize("spread", [1.0, 1.3])
def test_bias_is_gone_at_the_sizes_of_the_default_profile(spread: float) -> None:
    """64 dimensions and 360 images: the bias of FID is above 6; two Gaussians are 64 (spread − 1)² apart."""
    chosen = params.load(ROOT / "params.yaml").metrics["fid_infinity"]
    draws = [np.random.default_rng(seed).normal(size=(2, 360, 64)) for seed in range(12)]
    values = np.array([compute(real, spread * fake, **chosen)["fid_infinity"] for real, fake in draws])
    assert values.mean() == pytest.approx(64 * (spread - 1) ** 2, abs=4 * values.std() / np.sqrt(12))


def test_line_through_two_sizes() -> None:
    """With 2 groups: twice the value minus the mean over the two halves."""
    rng = np.random.default_rng(3)
    real, fake = rng.normal(size=(2, 40, 2))
    result = compute(real, fake, groups=2, seed=5)
    rng = np.random.default_rng(5)
    of_real, of_fake = (rng.permutation(np.arange(40) % 2) for _ in range(2))
    halves = [fid.compute(real=Features(real[of_real == g]), fake=Features(fake[of_fake == g]))["fid"] for g in (0, 1)]
    whole = fid.compute(real=Features(real), fake=Features(fake))["fid"]
    assert result["fid_infinity"] == pytest.approx(2 * whole - np.mean(halves), rel=1e-12)
    assert result["fid_se"] == pytest.approx(abs(halves[0] - halves[1]) / 2, rel=1e-12)


def test_refuses() -> None:
    with pytest.raises(
        NotGivenError, match="needs more images than its 50 dimensions, has 45 in all but one of 10 groups"
    ):
        compute(np.zeros((50, 50)), np.zeros((60, 50)))
    with pytest.raises(InputError, match="expected groups from 2 to 20, got 1"):
        compute(np.zeros((20, 2)), np.zeros((30, 2)), groups=1)

"""Truncated codes against the truncated normal distribution."""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from genbench.models.bases.codes import normal
from genbench.seeding import torch_rng


def codes(psi: float | None, n: int = 20_000) -> torch.Tensor:
    return normal(n, 3, rng=torch_rng(0, "codes"), psi=psi)


@pytest.mark.parametrize("psi", [0.01, 0.5, 1.0, 2.0, 8.0])
def test_truncated_codes_are_truncated_normal(psi: float) -> None:
    drawn = codes(psi).flatten().double().numpy()
    assert stats.kstest(drawn, stats.truncnorm(-psi, psi).cdf).pvalue > 0.01
    assert abs(drawn).max() <= torch.tensor(psi).item()


@pytest.mark.parametrize("psi", [0.5, 1.0, 2.0])
def test_inversion_has_the_variance_and_the_distribution_of_resampling(psi: float) -> None:
    """Var = 1 − 2ψ φ(ψ) / (2Φ(ψ) − 1); resampled: what lies beyond ±ψ is drawn again until nothing does."""
    drawn = codes(psi).flatten().double()
    variance = 1 - 2 * psi * stats.norm.pdf(psi) / (2 * stats.norm.cdf(psi) - 1)
    assert float(drawn.var()) == pytest.approx(variance, rel=0.02)
    rng = torch_rng(0, "resampled")
    resampled = torch.randn(60_000, generator=rng, dtype=torch.float64)
    while (beyond := resampled.abs() > psi).any():
        resampled[beyond] = torch.randn(int(beyond.sum()), generator=rng, dtype=torch.float64)
    assert stats.ks_2samp(drawn.numpy(), resampled.numpy()).pvalue > 0.01


def test_whole_codes_are_normal() -> None:
    drawn = codes(None)
    assert drawn.shape == (20_000, 3)
    assert stats.kstest(drawn.flatten().double().numpy(), stats.norm.cdf).pvalue > 0.01


@pytest.mark.parametrize("psi", [1e-6, 1e3, 1e30])
def test_extreme_bounds(psi: float) -> None:
    drawn = codes(psi, n=100)
    assert drawn.dtype == torch.float32
    assert drawn.isfinite().all()
    assert drawn.abs().max() <= torch.tensor(psi)
    assert drawn.std() > 0.3 * min(psi, 1)


def test_codes_move_outwards_as_the_bound_does() -> None:
    inner, outer = codes(0.5), codes(1.5)
    assert torch.equal(inner.sign(), outer.sign())
    assert (inner.abs() <= outer.abs()).all()

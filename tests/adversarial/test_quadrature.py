"""Quadrature against closed forms, published optima and scipy's own integrator."""

from __future__ import annotations

import math
from functools import cache
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from scipy.integrate import quad

from genbench.adversarial.divergences import (
    Divergence,
    examples,
    jeffrey,
    jensen_shannon,
    kullback_leibler,
    neyman,
    pearson,
    reverse_kullback_leibler,
    squared_hellinger,
    total_variation,
)
from genbench.errors import InputError
from laboratory.divergences.quadrature import Fit, LogDensity, Mixture, divergence, fit_gaussian, gaussian

pytestmark = pytest.mark.usefixtures("one_thread")

EVERY = pytest.mark.parametrize("d", [pytest.param(d, id=name) for name, d in examples().items()])
TARGET = Mixture((0.33, 0.67), (-1.0, 2.0), (0.255, 1.415))  # f-GAN (2016), section 4.1
few = settings(derandomize=True, deadline=None, max_examples=15)
means, sds = st.floats(-3, 3), st.floats(-1, 1).map(math.exp)


@EVERY
@few
@given(mean_p=means, sd_p=sds, mean_q=means, sd_q=sds)
def test_gaussians_against_the_closed_form(
    d: Divergence, mean_p: float, sd_p: float, mean_q: float, sd_q: float
) -> None:
    exact = d.gaussians(mean_p, sd_p, mean_q, sd_q)
    ours = divergence(d, gaussian(mean_p, sd_p), gaussian(mean_q, sd_q))
    if exact is None:
        assert d.at_one - 1e-12 <= ours < math.inf
    elif exact < 1e9:
        assert ours == pytest.approx(exact, rel=1e-8, abs=1e-8)
    else:  # beyond or near the border where the integral diverges
        assert ours > 1e8


@EVERY
def test_near_and_equal_gaussians(d: Divergence) -> None:
    p = gaussian(0.3, 1.1)
    assert divergence(d, p, p) == pytest.approx(d.at_one, abs=1e-12)
    for mean, sd in ((0.3, 1.1), (0.3 + 1e-9, 1.1), (0.3, 1.1 * (1 + 1e-9)), (0.3 + 1e-9, 1.1 * (1 - 1e-9))):
        exact = d.gaussians(0.3, 1.1, mean, sd)
        assert exact is None or -1e-15 < exact < 1e-8


@EVERY
def test_isotropic_gaussians_of_equal_width_depend_on_their_distance(d: Divergence) -> None:
    vector = d.gaussians(np.array([1.0, -1.0, 2.0]), 0.7, np.array([0.0, 1.0, 0.0]), 0.7)
    number = d.gaussians(0.0, 0.7, 3.0, 0.7)
    assert (vector is None and number is None) or vector == pytest.approx(number, rel=1e-12)


def test_isotropic_gaussians_are_products() -> None:
    """In D dimensions KL adds over coordinates, and 1 + χ² multiplies."""
    mean_p, mean_q = np.array([0.4, -0.3, 1.0]), np.array([0.0, 0.2, 0.5])
    for d in (kullback_leibler.build(), reverse_kullback_leibler.build(), jeffrey.build()):
        parts = [d.gaussians(p, 0.9, q, 1.2) or math.nan for p, q in zip(mean_p, mean_q, strict=True)]
        assert d.gaussians(mean_p, 0.9, mean_q, 1.2) == pytest.approx(sum(parts), rel=1e-12)
    for d in (pearson.build(), neyman.build()):
        parts = [d.gaussians(p, 1.0, q, 1.2) or math.nan for p, q in zip(mean_p, mean_q, strict=True)]
        whole = math.prod(1 + part for part in parts) - 1
        assert d.gaussians(mean_p, 1.0, mean_q, 1.2) == pytest.approx(whole, rel=1e-12)
    assert total_variation.build().gaussians(mean_p, 1.0, mean_q, 1.2) is None


def cauchy(centre: float, width: float) -> LogDensity:
    return lambda x: -np.log1p(((x - centre) / width) ** 2) - math.log(math.pi * width)


def test_heavy_tails() -> None:
    """KL between Cauchys is log[((γ₁+γ₂)² + δ²)/(4γ₁γ₂)] both ways: Chyzak, Nielsen (2019)."""
    exact = math.log(((0.5 + 2.0) ** 2 + 1.5**2) / (4 * 0.5 * 2.0))
    for d in (kullback_leibler.build(), reverse_kullback_leibler.build()):
        assert divergence(d, cauchy(0.0, 0.5), cauchy(1.5, 2.0)) == pytest.approx(exact, rel=1e-8)
    assert divergence(pearson.build(), cauchy(0.0, 1.0), gaussian(0.0, 1.0)) == math.inf


def uniform(low: float) -> LogDensity:
    """Return the log density on [low, low + 1]."""
    return lambda x: np.where((x >= low) & (x <= low + 1), 0.0, -np.inf)


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.9, 1.7])
def test_supports_that_part(shift: float) -> None:
    """Uniforms apart by θ ≤ 1: TV = θ, JS = θ log 4, H² = 2θ, and the unbounded ones are infinite for any θ > 0."""
    p, q, apart = uniform(0.0), uniform(shift), min(shift, 1.0)
    assert divergence(total_variation.build(), p, q) == pytest.approx(apart, abs=1e-8)
    assert divergence(jensen_shannon.build(), p, q) == pytest.approx(apart * math.log(4), abs=1e-8)
    assert divergence(squared_hellinger.build(), p, q) == pytest.approx(2 * apart, abs=1e-8)
    for d in (kullback_leibler, reverse_kullback_leibler, pearson, neyman, jeffrey):
        value = divergence(d.build(), p, q)
        assert value == (math.inf if shift else pytest.approx(0.0, abs=1e-8))


@EVERY
def test_mixture_against_scipy(d: Divergence) -> None:
    """The plain integrand q f(p/q) on an interval that holds both, by scipy's adaptive quadrature."""
    q = gaussian(1.2, 1.5)

    def plain(x: float) -> float:
        log_p, log_q = float(TARGET.log_density(np.array(x))), float(q(np.array(x)))
        ratio = torch.tensor(log_p - log_q, dtype=torch.float64).exp()
        return math.exp(log_q) * d.f(ratio).item()

    exact = quad(plain, -12, 20, points=[-2, -1.4, -1, -0.6, -0.2, 0.8, 1.2, 2, 4], epsabs=1e-10, limit=400)[0]
    assert divergence(d, TARGET.log_density, q) == pytest.approx(exact, abs=2e-8)


@cache
def fits(member: ModuleType) -> list[Fit]:
    return fit_gaussian(member.build(), TARGET)


@pytest.mark.parametrize(
    ("member", "value", "mean", "sd"),
    [
        (kullback_leibler, 0.2831, 1.0100, 1.8308),
        (reverse_kullback_leibler, 0.2480, 1.5782, 1.6319),
        (jensen_shannon, 0.1280, 1.3070, 1.7542),
        (jeffrey, 0.5705, 1.3218, 1.7034),
        (pearson, 0.6457, 0.5737, 1.9274),
    ],
)
def test_best_gaussians_of_the_f_gan_paper(member: ModuleType, value: float, mean: float, sd: float) -> None:
    """Section 4.1's table, D, μ* and σ*, to its accuracy; no point 1e-4 away may be better."""
    best = fits(member)[0]
    assert (best.value, best.mean, best.sd) == pytest.approx((value, mean, sd), abs=5e-4)
    for mean_step, sd_step in ((1e-4, 0.0), (-1e-4, 0.0), (0.0, 1e-4), (0.0, -1e-4)):
        beside = gaussian(best.mean + mean_step, best.sd + sd_step)
        assert divergence(member.build(), TARGET.log_density, beside) > best.value


def test_kullback_leibler_matches_the_moments() -> None:
    mean = 0.33 * -1 + 0.67 * 2
    variance = 0.33 * (0.255**2 + 1) + 0.67 * (1.415**2 + 4) - mean**2
    (fit,) = fits(kullback_leibler)
    assert (fit.mean, fit.sd) == pytest.approx((mean, math.sqrt(variance)), abs=1e-6)


@pytest.mark.parametrize("member", [reverse_kullback_leibler, neyman])
def test_local_minimum_on_the_narrow_component(member: ModuleType) -> None:
    best, other = fits(member)
    assert best.mean > 1.5 and best.value < other.value
    assert other.mean == pytest.approx(-1, abs=0.1) and other.sd == pytest.approx(0.255, abs=0.1)


@EVERY
def test_a_gaussian_is_found_again(d: Divergence) -> None:
    (fit,) = fit_gaussian(d, Mixture((1.0,), (0.7,), (1.3,)), starts=(4, 4))
    assert fit.mean == pytest.approx(0.7, abs=1e-4)
    assert fit.sd == pytest.approx(1.3, abs=1e-4)
    assert fit.value == pytest.approx(d.at_one, abs=1e-8)


def test_mixture_is_a_density() -> None:
    x = np.linspace(-20, 20, 200_001)
    assert np.trapezoid(np.exp(TARGET.log_density(x)), x) == pytest.approx(1, abs=1e-9)
    assert TARGET.log_density(np.zeros((2, 3))).shape == (2, 3)


@pytest.mark.parametrize(
    ("weights", "centres", "widths", "message"),
    [
        ((0.5, 0.5), (0.0,), (1.0, 1.0), "2 weights, 1 means and 2 sds"),
        ((), (), (), "0 weights"),
        ((0.5, 0.6), (0.0, 1.0), (1.0, 1.0), "sum to 1"),
        ((1.5, -0.5), (0.0, 1.0), (1.0, 1.0), "above 0"),
        ((0.5, 0.5), (0.0, 1.0), (1.0, 0.0), "expected sds above 0 and finite means"),
        ((0.5, 0.5), (0.0, 1.0), (1.0, math.nan), "expected sds above 0 and finite means"),
    ],
)
def test_mixture_refuses_what_is_no_density(
    weights: tuple[float, ...], centres: tuple[float, ...], widths: tuple[float, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Mixture(weights, centres, widths)

"""Bounds of critics, fits by samples and vanishing slopes, against closed forms and quadrature."""

from __future__ import annotations

import math

import pytest
import torch

from genbench.options import build
from genbench.seeding import torch_rng
from laboratory.divergences import catalogue, estimate, univariate, vanishing
from laboratory.divergences.bound import bound, ideal
from laboratory.divergences.options import load
from laboratory.divergences.quadrature import Mixture, divergence, fit_gaussian, gaussian

pytestmark = pytest.mark.usefixtures("one_thread")

OPTIONS = load()
TARGET = Mixture(**OPTIONS.univariate.target.model_dump())
REFERENCES = catalogue.divergences()
EVERY = pytest.mark.parametrize("name", REFERENCES)
SEVERAL = 4.0  # standard errors


@EVERY
def test_the_best_critic_reaches_the_divergence(name: str) -> None:
    measure = build("divergences", REFERENCES[name])
    exact = divergence(measure, gaussian(0.5, 1.0), gaussian(0.0, 1.0))
    found = estimate.best(measure, 0.5, 50_000, seed=0)
    assert found.error < 0.05
    assert abs(found.value - exact) < SEVERAL * found.error


@EVERY
@pytest.mark.parametrize(("slope", "offset"), [(0.0, 0.0), (0.5, -0.2), (-1.0, 0.3)])
def test_no_critic_exceeds_the_divergence(name: str, slope: float, offset: float) -> None:
    measure = build("divergences", REFERENCES[name])
    exact = divergence(measure, gaussian(0.5, 1.0), gaussian(0.0, 1.0))
    rng = torch_rng(0, "test")
    real, fake = (shift + torch.randn(20_000, generator=rng, dtype=torch.float64) for shift in (0.5, 0.0))
    found = bound(measure, slope * real + offset, slope * fake + offset)
    assert found.value < exact + SEVERAL * found.error


def test_the_bound_of_the_best_critic_of_kullback_leibler_by_hand() -> None:
    """T = 1 + log p/q: the bound is the mean of T over P less that of e^(T − 1) = p/q over Q."""
    measure = build("divergences", "kullback_leibler")
    ratio_real, ratio_fake = (torch.tensor(values, dtype=torch.float64) for values in ([0.1, 0.4], [0.0, -0.3]))
    expected = 1 + 0.25 - (1 + math.exp(-0.3)) / 2
    assert ideal(measure, ratio_real, ratio_fake).value == pytest.approx(expected)
    assert bound(measure, 1 + ratio_real, 1 + ratio_fake).value == pytest.approx(expected)


def test_the_exact_divergence_does_not_depend_on_dimension() -> None:
    """Points of N(δ·e, I) in D dimensions have the coordinate δ along e, and distance δ between means."""
    for dimension in (1, 8):
        points = estimate.normal(2.0, dimension, 4000)(torch_rng(0, "test")).view(-1, dimension)
        assert float(points.mean(0).norm()) == pytest.approx(2.0, abs=0.1)


def test_a_trained_critic_comes_near_from_below() -> None:
    options = OPTIONS.estimate.model_copy(update={"steps": 150, "batch": 128, "test": 20_000})
    exact = divergence(build("divergences", "jensen_shannon"), gaussian(1.0, 1.0), gaussian(0.0, 1.0))
    found = estimate.trained({"name": "jensen_shannon"}, 1.0, 1, options)
    assert found["diverged"] is None
    assert 0.9 * exact < found["value"] < exact + SEVERAL * found["error"]


def test_kullback_leibler_matches_moments() -> None:
    best = fit_gaussian(build("divergences", "kullback_leibler"), TARGET)[0]
    mean = 0.33 * -1 + 0.67 * 2
    variance = 0.33 * (0.255**2 + (-1 - mean) ** 2) + 0.67 * (1.415**2 + (2 - mean) ** 2)
    assert (best.mean, best.sd) == pytest.approx((mean, math.sqrt(variance)), abs=1e-5)


def test_the_game_finds_the_gaussian_from_samples() -> None:
    """Against a target that the model can be: every divergence would have the same answer, and the bound is near 0."""
    target = Mixture([1.0], [1.0], [0.7])
    short = {"steps": 500, "batch": 256, "test": 20_000, "ema": 0.98, "critic_steps": 1, "lr": 0.01}
    options = OPTIONS.univariate.model_copy(update=short)
    found = univariate.play({"name": "jensen_shannon"}, target, options)
    assert found["diverged"] is None
    assert (found["mean"], found["sd"]) == pytest.approx((1.0, 0.7), abs=0.1)
    assert found["bound"]["value"] < found["value"] + SEVERAL * found["bound"]["error"]
    assert found == univariate.play({"name": "jensen_shannon"}, target, options)


def test_samples_are_of_the_mixture() -> None:
    points = univariate.samples(TARGET, 40_000)(torch_rng(0, "test")).flatten()
    narrow = (points + 1).abs() < 2 * 0.255
    share = 0.33 * math.erf(math.sqrt(2)) + 0.67 * _mass(-1.51, -0.49, 2.0, 1.415)
    assert float(points.mean()) == pytest.approx(1.01, abs=0.03)
    assert float(narrow.float().mean()) == pytest.approx(share, abs=0.01)


def _mass(low: float, high: float, mean: float, sd: float) -> float:
    ends = [math.erf((end - mean) / (sd * math.sqrt(2))) / 2 for end in (low, high)]
    return ends[1] - ends[0]


def test_the_cross_table_is_nothing_on_its_diagonal_and_positive_beside_it() -> None:
    names = ("kullback_leibler", "reverse_kullback_leibler", "pearson")
    measures = {name: build("divergences", name) for name in names}
    best = {name: fit_gaussian(measure, TARGET)[0] for name, measure in measures.items()}
    for name, fit in best.items():
        by = univariate.excesses((fit.mean, fit.sd), TARGET, measures, best)
        assert by[name] == pytest.approx(0.0, abs=1e-9)
        assert all(value is not None and value > 1e-3 for other, value in by.items() if other != name)


def test_exact_curves_as_supports_part() -> None:
    """JS saturates at log 4, the KL of N(0, s²) from N(θ, s²) is θ²/2s², and both slopes follow."""
    sd, thetas = 0.25, [0.25, 1.0, 4.0]
    found = vanishing.exact(OPTIONS.vanishing.model_copy(update={"sd": sd, "thetas": thetas}))
    assert found["jensen_shannon"]["values"][-1] == pytest.approx(math.log(4), abs=1e-9)
    assert abs(found["jensen_shannon"]["slopes"][-1]) < 1e-9
    assert found["kullback_leibler"]["values"] == pytest.approx([t**2 / (2 * sd**2) for t in thetas])
    assert found["kullback_leibler"]["slopes"] == pytest.approx([t / sd**2 for t in thetas])
    assert found["total_variation"]["values"] == pytest.approx([math.erf(t / (2 * sd * math.sqrt(2))) for t in thetas])


def test_a_sure_critic_leaves_the_minimax_generator_nothing_and_a_wasserstein_critic_slope_1() -> None:
    changes = {"critics_at": [2.0], "looks": [10, 200], "batch": 128, "test": 2000, "lr": 0.005}
    options = OPTIONS.vanishing.model_copy(update=changes)
    sure, steady = (vanishing.trained(name, options.critics[name], options) for name in ("minimax", "WGAN-GP"))
    first, last = sure["slopes"]["2"]
    assert abs(last) < 0.1 * abs(first)
    assert steady["slopes"]["2"][-1] == pytest.approx(1.0, abs=0.25)
    assert len(steady["shape"]) == len(vanishing.grid(options))


def test_w1_between_shifted_points_is_the_shift() -> None:
    """What the page's straight line stands for: sorted points of both sides are matched in order."""
    points = vanishing.normal(0.0, 0.25, 100)(torch_rng(0, "test")).flatten().sort()[0]
    assert float(((points + 1.5).sort()[0] - points).abs().mean()) == pytest.approx(1.5)

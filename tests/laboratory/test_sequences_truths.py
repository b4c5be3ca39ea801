"""Particle filters, their bounds and gradients, where the truth is known: Gaussians, one step, one or two particles."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm
from torch import Tensor

from genbench.seeding import torch_rng
from laboratory.sequences import gradients, learning, particles, spaces
from laboratory.sequences.bounds import METHODS, sampled
from laboratory.sequences.enumerated import expected_bound
from laboratory.sequences.gradients import ESTIMATORS
from laboratory.sequences.learning import OBJECTIVES
from laboratory.sequences.options import LearningOptions, TinyOptions
from laboratory.sequences.particles import Run
from laboratory.sequences.proposals import Proposal, optimal, prior
from laboratory.sequences.spaces import LinearGaussian, StateSpace, linear_gaussian, stochastic_volatility

ERRORS = 3.0


def linear(steps: int = 4, states: int = 3, observed: int = 2) -> LinearGaussian:
    made = linear_gaussian(steps=steps, states=states, observed=observed, alpha=0.6, noise=0.8, error=0.5)
    assert isinstance(made, LinearGaussian)
    return made


def seen_of(space: StateSpace) -> Tensor:
    return space.simulate(torch_rng(0, "sequences test"))


def off(values: Tensor, truth: float) -> float:
    """The distance of the mean of independent values from the truth, in standard errors."""
    return float((values.mean() - truth) / (values.std() / math.sqrt(len(values))))


def draws(space: StateSpace, seen: Tensor, method: str, count: int, runs: int = 4000) -> Tensor:
    rng = torch_rng(0, f"sequences test {method}", count)
    return sampled(space, prior(space), seen, METHODS[method], runs=runs, count=count, rng=rng)[-1]


def test_kalman_is_the_density_of_one_great_gaussian() -> None:
    space = linear()
    seen, a = seen_of(space), space.transition.numpy()
    size = space.steps * space.states
    # x = L noise, where block (t, s) of L is A^(t − s)
    lower = np.zeros((size, size))
    for t in range(space.steps):
        for s in range(t + 1):
            block = np.linalg.matrix_power(a, t - s)
            lower[t * space.states : (t + 1) * space.states, s * space.states : (s + 1) * space.states] = block
    kept = [t * space.states + i for t in range(space.steps) for i in range(space.observed)]
    covariance = space.noise**2 * (lower @ lower.T)[np.ix_(kept, kept)] + space.error**2 * np.eye(len(kept))
    expected = multivariate_normal(np.zeros(len(kept)), covariance).logpdf(seen.numpy().ravel())
    assert float(space.exact(seen).sum()) == pytest.approx(expected, abs=1e-10)


def test_quadrature_is_the_integral_over_volatilities(monkeypatch: pytest.MonkeyPatch) -> None:
    space = stochastic_volatility(steps=6, persistence=0.9, noise=0.7, scale=0.5)
    seen = seen_of(space)

    def joint(x: float) -> float:
        return float(norm.pdf(x, scale=space.sd(0)) * norm.pdf(seen[0, 0], scale=0.5 * math.exp(x / 2)))

    first = quad(joint, -30, 30, points=[-5, 0, 5], limit=200)[0]
    exact = space.exact(seen)
    assert float(exact[0]) == pytest.approx(math.log(first), abs=1e-8)
    monkeypatch.setattr(spaces, "SPACING", spaces.SPACING / 2)
    assert space.exact(seen).tolist() == pytest.approx(exact.tolist(), abs=1e-8)


def test_filters_of_volatility_agree_with_quadrature() -> None:
    space = stochastic_volatility(steps=6, persistence=0.9, noise=0.7, scale=0.5)
    seen = seen_of(space)
    ratio = (draws(space, seen, "aesmc", 64) - space.exact(seen).sum()).exp()
    assert abs(off(ratio, 1.0)) < ERRORS


@pytest.mark.parametrize("method", list(METHODS))
def test_estimates_of_the_likelihood_are_unbiased_and_bounds_rise_to_it(method: str) -> None:
    space = linear()
    seen = seen_of(space)
    exact = float(space.exact(seen).sum())
    found = {count: draws(space, seen, method, count) for count in (1, 4, 32)}
    assert abs(off((found[32] - exact).exp(), 1.0)) < ERRORS
    for few, many in ((1, 4), (4, 32)):
        error = math.hypot(*(float(found[n].std()) / math.sqrt(len(found[n])) for n in (few, many)))
        assert found[few].mean() + ERRORS * error < found[many].mean()
    assert off(found[32], exact) < ERRORS


def test_one_particle_is_the_elbo_in_closed_form() -> None:
    space = linear()
    seen = seen_of(space)
    # E log P(y_t | x_t) over the chain itself: −½ (log 2π r² + (y² + Var x) / r²) a coordinate
    expected, covariance = 0.0, torch.zeros(space.states, space.states, dtype=torch.float64)
    for y in seen:
        added = space.noise**2 * torch.eye(space.states, dtype=torch.float64)
        covariance = space.transition @ covariance @ space.transition.T + added
        spread = y.square() + covariance.diagonal()[: space.observed]
        expected += float((-0.5 * (math.log(2 * math.pi * space.error**2) + spread / space.error**2)).sum())
    for method in METHODS:
        assert abs(off(draws(space, seen, method, 1, 20000), expected)) < ERRORS


def test_the_optimal_proposal_is_exact_at_one_step() -> None:
    space = linear(steps=1)
    seen = seen_of(space)
    for method, schedule in METHODS.items():
        rng = torch_rng(1, method)
        found = sampled(space, optimal(space, seen), seen, schedule, runs=5, count=3, rng=rng)
        assert found[-1].tolist() == pytest.approx([float(space.exact(seen).sum())] * 5, abs=1e-12)


def test_a_filter_resamples_when_its_schedule_says() -> None:
    space = linear()
    seen = seen_of(space)

    def made(schedule: particles.Schedule, count: int) -> Run:
        return particles.run(space, prior(space), seen, schedule, runs=200, particles=count, rng=torch_rng(0, "filter"))

    assert not made("never", 8).ancestors.any()
    always = made("always", 8).ancestors
    assert (always[:-1] < 0).all()
    assert not always[-1].any()
    some = made("adaptive", 8).ancestors[:-1]
    assert 0 < (some < 0).double().mean() < 1
    # the effective number of two particles is never below 1
    assert made("adaptive", 2).steps.equal(made("never", 2).steps)
    assert not made("always", 1).ancestors.any()


TINY = TinyOptions(alpha=0.9, seen=(2.0, -1.5), nodes=24, repeats=20000)


def test_the_term_of_resampling_makes_the_gradient_unbiased() -> None:
    record = gradients.tiny(TINY, 2, 0)
    rows = {name: (np.array(row["mean"]), np.array(row["error"])) for name, row in record["estimators"].items()}
    exact, without = np.array(record["exact"]), np.array(record["without"])
    for name in ("score", "baseline"):
        mean, error = rows[name]
        assert (np.abs(mean - exact) < ERRORS * error).all(), name
    mean, error = rows["without"]
    assert (np.abs(mean - without) < ERRORS * error).all()
    biased = [record["names"].index(name) for name in ("μ₁", "log σ₁")]
    assert (np.abs(mean - exact)[biased] > 5 * error[biased]).all()
    after = [record["names"].index(name) for name in ("μ₂", "β₂", "log σ₂")]
    np.testing.assert_allclose(exact[after], without[after], atol=1e-12)


def test_the_enumerated_bound_is_the_mean_of_the_filter() -> None:
    space = linear_gaussian(steps=2, states=1, observed=1, alpha=0.9)
    seen = torch.tensor([[2.0], [-1.5]], dtype=torch.float64)
    bound = float(expected_bound(space, prior(space), seen, nodes=24))
    assert float(expected_bound(space, prior(space), seen, nodes=32)) == pytest.approx(bound, abs=1e-4)
    assert abs(off(draws(space, seen, "aesmc", 2, 100_000), bound)) < ERRORS
    assert bound < space.exact(seen).sum()


def test_gradients_follow_the_slope_of_the_enumerated_bound() -> None:
    space = linear_gaussian(steps=2, states=1, observed=1, alpha=0.9)
    seen = torch.tensor([[2.0], [-1.5]], dtype=torch.float64)
    start = prior(space)

    def bound(moved: float) -> float:
        shift = start.shift + torch.tensor([[moved], [0.0]], dtype=torch.float64)
        return float(expected_bound(space, Proposal(shift, start.scale, start.log_sd), seen, nodes=12))

    learned = start.learned()
    slope = torch.autograd.grad(expected_bound(space, learned, seen, nodes=12), learned.shift)[0]
    assert float(slope[0]) == pytest.approx((bound(1e-4) - bound(-1e-4)) / 2e-4, abs=1e-6)


def test_of_one_schedule_all_estimators_are_of_one_gradient() -> None:
    """Without resampling there is no term, and a group's baseline takes none of the bound away."""
    space = linear()
    seen = seen_of(space)
    made = particles.run(space, prior(space), seen, "never", runs=6, particles=4, rng=torch_rng(0, "none"))
    for group in (1, 2, 3):
        assert particles.surrogate(made, score=True, group=group).equal(made.log_z)
    steps = torch.tensor([[1.0, 2.0], [3.0, 5.0]], dtype=torch.float64)
    ancestors = torch.tensor([[-1.0, -2.0], [0.0, 0.0]], dtype=torch.float64)
    # what comes after the first step is 3 and 5; less the other's, −2 and 2
    assert particles.surrogate(Run(steps, ancestors), score=True).tolist() == [4.0 - 3.0, 7.0 - 10.0]
    assert particles.surrogate(Run(steps, ancestors), score=True, group=2).tolist() == [4.0 + 2.0, 7.0 - 4.0]


def test_a_learned_chain_is_exact_without_resampling() -> None:
    space = linear_gaussian(steps=3, states=1, observed=1, alpha=0.9)
    assert space.attainable
    seen = seen_of(space)
    options = LearningOptions(spaces=["chain"], particles=4, group=4, steps=300, lr=0.05, look=100, test=2)
    exact = float(space.exact(seen).sum())
    proposal, curve = learning.learn(space, seen, OBJECTIVES["elbo"], options, 0, "test")
    assert curve[0] < curve[-1] < exact + 0.01
    found = sampled(space, proposal, seen, "never", runs=200, count=1, rng=torch_rng(0, "learned"))[-1]
    assert float(found.mean()) == pytest.approx(exact, abs=0.01)
    again, _ = learning.learn(space, seen, OBJECTIVES["elbo"], options, 0, "test")
    assert all(one.equal(other) for one, other in zip(proposal.parameters, again.parameters, strict=True))


def test_norms_are_without_what_chance_adds() -> None:
    drawn = torch.randn(4000, 50, generator=torch_rng(0, "norms"), dtype=torch.float64).numpy()
    assert gradients._measured(drawn, None)["signal"] == 0
    moved = drawn + 1.0
    found = gradients._measured(moved[:2000], drawn[2000:])
    assert found["variance"] == pytest.approx(50, rel=0.05)
    assert found["signal"] == pytest.approx(math.sqrt(50), rel=0.02)
    assert found["bias"] == pytest.approx(math.sqrt(50), rel=0.02)
    same = gradients._measured(drawn[:2000], drawn[2000:])
    assert same["bias"] == 0
    assert same["apart"] == pytest.approx(1, abs=0.35)


def test_every_part_holds_whole_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    space = linear()
    seen = seen_of(space)
    monkeypatch.setattr("laboratory.sequences.bounds.CHUNK", 24)
    for key, estimator in ESTIMATORS.items():
        found = gradients.gradients(
            space, prior(space), seen, estimator, count=2, group=3, repeats=7, rng=torch_rng(0, key)
        )
        assert found.shape == (7, 3 * space.steps * space.states)
        assert np.isfinite(found).all()

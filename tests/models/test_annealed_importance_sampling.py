"""Hamiltonian Monte Carlo and annealed importance sampling where all is known: a linear decoder with Gaussian noise."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from genbench.errors import InputError
from genbench.models.bases import annealed_importance_sampling as ais, hamiltonian_monte_carlo as hmc
from genbench.seeding import torch_rng

LATENT, PIXELS, NOISE = 2, 5, 0.4
WEIGHTS = torch.randn(LATENT, PIXELS, generator=torch_rng(0, "decoder"))
PRECISION = torch.eye(LATENT) + WEIGHTS @ WEIGHTS.T / NOISE**2
COVARIANCE = torch.linalg.inv(PRECISION)


def drawn(n: int) -> tuple[Tensor, Tensor]:
    """Draw codes and images of them, (n, LATENT) and (n, PIXELS)."""
    rng = torch_rng(1, "images")
    codes = torch.randn(n, LATENT, generator=rng)
    return codes, codes @ WEIGHTS + NOISE * torch.randn(n, PIXELS, generator=rng)


def given(images: Tensor) -> hmc.LogLikelihood:
    """Make log p(x|z) of images (N, PIXELS) at codes (..., N, LATENT)."""

    def log_likelihood(codes: Tensor) -> Tensor:
        normal: Any = torch.distributions.Normal(codes @ WEIGHTS, NOISE)
        value: Tensor = normal.log_prob(images).sum(-1)
        return value

    return log_likelihood


def truth(images: Tensor) -> Tensor:
    normal: Any = torch.distributions.MultivariateNormal(
        torch.zeros(PIXELS), WEIGHTS.T @ WEIGHTS + NOISE**2 * torch.eye(PIXELS)
    )
    value: Tensor = normal.log_prob(images)
    return value.double()


def exact_posterior(image: Tensor, n: int) -> Tensor:
    """Draw codes of one image (1, PIXELS), (n, 1, LATENT)."""
    noise = torch.randn(n, 1, LATENT, generator=torch_rng(2, "posterior"))
    return noise @ torch.linalg.cholesky(COVARIANCE).T + image @ WEIGHTS.T @ COVARIANCE / NOISE**2


def away(values: Tensor, known: Tensor | float) -> Tensor:
    """Measure how many standard errors the mean of values (n, ...) is above the known one."""
    return (values.mean(0) - known) / (values.std(0) / len(values) ** 0.5)


def moves(count: int, n: int, size: float) -> tuple[Tensor, hmc.Move]:
    """Move n chains that start at the exact posterior; returns the start, (n, LATENT), and the last move."""
    _, image = drawn(1)
    start = exact_posterior(image, n)
    here = hmc.point(start, given(image))
    for at in range(count):
        moved = hmc.move(here, given(image), 1.0, torch.tensor([size]), 3, torch_rng(at, "move"))
        here = moved.point
    return start[:, 0], moved


@pytest.mark.parametrize("size", [0.15, 0.25])
def test_moves_keep_the_moments_of_a_gaussian(size: float) -> None:
    _, moved = moves(10, 20_000, size)
    assert 0.3 < moved.accepted.double().mean() < 0.999
    mean = (drawn(1)[1] @ WEIGHTS.T @ COVARIANCE / NOISE**2)[0].double()
    codes = moved.point.codes[:, 0].double()
    assert (away(codes, mean).abs() < 3).all()
    products = (codes - mean)[:, :, None] * (codes - mean)[:, None]
    assert (away(products, COVARIANCE.double()).abs() < 3).all()


def test_moves_are_in_balance() -> None:
    """Of chains in the posterior as many move from one set to another as back, and e^−Δ has the mean 1."""
    start, moved = moves(1, 40_000, 0.25)
    end, middle = moved.point.codes[:, 0], start.mean(0)
    low, high = ([z[:, 0] < middle[0] - 0.05 for z in (start, end)], [(z - middle).sum(1) > 0.1 for z in (start, end)])
    there, back = (low[0] & high[1]).sum(), (high[0] & low[1]).sum()
    assert min(there, back) > 1000
    assert abs(there - back) < 3 * (there + back).sqrt()
    assert abs(away((-moved.error).exp().flatten(), 1.0)) < 3
    assert moved.accepted.double().mean() == pytest.approx(float((-moved.error).exp().clamp(max=1).mean()), abs=0.01)
    stayed = ~moved.accepted[:, 0]
    torch.testing.assert_close(end[stayed], start[stayed])


def test_chains_from_afar_come_to_the_posterior() -> None:
    _, images = drawn(3)
    start = 4 + torch.zeros(40, 3, LATENT)
    found = hmc.sample(given(images), start, burn=150, kept=200, leapfrogs=5, rng=torch_rng(0, "chains"))
    assert found.acceptance == pytest.approx(hmc.TARGET, abs=0.2)
    assert (hmc.potential_scale_reduction(found.codes) < 1.05).all()
    centred = found.codes.double() - images.double() @ WEIGHTS.T.double() @ COVARIANCE.double() / NOISE**2
    # chains are independent of each other, and the codes of one are not
    assert (away(centred.mean(0), 0.0).abs() < 3.5).all()
    assert (away(centred.square().mean(0), COVARIANCE.diagonal().double()).abs() < 3.5).all()


def test_chains_that_disagree_are_seen() -> None:
    apart = torch.randn(100, 4, 1, 1, generator=torch_rng(0, "chains"))
    assert hmc.potential_scale_reduction(apart).item() == pytest.approx(1, abs=0.05)
    apart[:, 0] += 3
    assert hmc.potential_scale_reduction(apart).item() > 1.3


def test_a_path_to_nowhere_is_rejected() -> None:
    def wall(codes: Tensor) -> Tensor:
        return torch.where(codes[..., 0] > 0.1, torch.nan, codes[..., 0])

    start = hmc.point(torch.zeros(200, 1, 1), wall)
    moved = hmc.move(start, wall, 1.0, torch.tensor([0.5]), 2, torch_rng(0, "wall"))
    assert moved.point.codes.max() <= 0.1
    assert moved.point.log_likelihood.isfinite().all()
    assert 0 < moved.accepted.double().mean() < 1


def walks(steps: int, n: int, chains: int = 2) -> tuple[ais.Walk, ais.Walk, Tensor]:
    codes, images = drawn(n)
    log_likelihood, shape = given(images), (chains, n, LATENT)
    tuned = ais.tune(log_likelihood, shape, steps=150, leapfrogs=3, rng=torch_rng(0, "tune"))
    there = ais.forward(log_likelihood, shape, tuned, steps=steps, rng=torch_rng(0, "forward"))
    back = ais.backward(log_likelihood, codes.expand(shape), tuned, steps=steps, rng=torch_rng(0, "backward"))
    return there, back, truth(images)


@pytest.mark.parametrize("steps", [3, 30])
def test_both_bounds_enclose_the_known_likelihood(steps: int) -> None:
    there, back, known = walks(steps, 600)
    lower, upper = ais.lower_bound(there) - known, ais.upper_bound(back) - known
    assert away(lower, 0.0) < 3
    assert away(upper, 0.0) > -3
    assert (upper - lower).mean() > 0


def test_weights_are_unbiased() -> None:
    """Both means, of w / P and P / w, are 1: also where step sizes were tuned, for chains of their own did it."""
    there, back, known = walks(30, 2000, chains=1)
    assert abs(away((there.log_weights[0] - known).exp(), 1.0)) < 3
    assert abs(away((known - back.log_weights[0]).exp(), 1.0)) < 3


def test_more_distributions_come_to_the_known_likelihood() -> None:
    """The variance of a log weight falls as 1 over their number, and so does the gap."""
    gaps, errors = [], []
    for steps in (4, 40, 400):
        there, back, known = walks(steps, 100)
        gaps.append(float((ais.upper_bound(back) - ais.lower_bound(there)).mean()))
        errors.append(float((ais.lower_bound(there) - known).square().mean().sqrt()))
    assert gaps[0] > 2 * gaps[1] > 8 * gaps[2] > 0
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
    assert gaps[2] < 0.25
    assert errors[2] < 0.5


def test_one_distribution_is_importance_sampling_from_the_prior() -> None:
    """A walk of one step weighs codes of the prior by p(x|z)."""
    _, images = drawn(2)
    tuned = ais.Tuned(3, torch.ones(1, 2))
    walk = ais.forward(given(images), (4, 2, LATENT), tuned, steps=1, rng=torch_rng(0, "one"))
    codes = torch.randn(4, 2, LATENT, generator=torch_rng(0, "one"))
    torch.testing.assert_close(walk.log_weights, given(images)(codes).double())
    said = ais.likelihood(walk, 1)
    assert (said.kind, said.method) == ("estimate", "AIS, 1 distributions, 4 chains")
    torch.testing.assert_close(said.nats, walk.log_weights.exp().mean(0).log())


def test_one_seed_is_one_walk() -> None:
    first, again = walks(5, 4), walks(5, 4)
    for one, other in zip(first[:2], again[:2], strict=True):
        torch.testing.assert_close(one.log_weights, other.log_weights, rtol=0, atol=0)
        torch.testing.assert_close(one.codes, other.codes, rtol=0, atol=0)


def test_temperatures_rise_from_0_to_1_and_are_dense_at_the_ends() -> None:
    betas = torch.tensor(ais.temperatures(10))
    assert betas[0] == 0
    assert betas[-1] == 1
    rises = betas.diff()
    assert (rises > 0).all()
    torch.testing.assert_close(rises, rises.flip(0))
    assert rises.argmax().item() in (4, 5)
    assert ais.temperatures(5) == pytest.approx(ais.temperatures(10)[::2])


def test_step_sizes_are_interpolated_on_a_log_scale() -> None:
    tuned = ais.Tuned(3, torch.tensor([[1.0, 0.5], [0.25, 0.5]]))
    torch.testing.assert_close(tuned.at(2), tuned.sizes)
    torch.testing.assert_close(tuned.at(4), torch.tensor([[1.0, 0.5], [1.0, 0.5], [0.5, 0.5], [0.25, 0.5]]))


@pytest.mark.parametrize(
    ("shape", "steps", "leapfrogs", "message"),
    [
        ((0, 2, 2), 3, 3, "chains: expected at least 1, got 0"),
        ((2, 0, 2), 3, 3, "images: expected at least 1, got 0"),
        ((2, 2, 2), 0, 3, "steps: expected at least 1, got 0"),
        ((2, 2, 2), 3, 0, "leapfrogs: expected at least 1, got 0"),
    ],
)
def test_nothing_to_walk_is_refused(shape: tuple[int, int, int], steps: int, leapfrogs: int, message: str) -> None:
    _, images = drawn(2)
    with pytest.raises(InputError, match=f"annealed importance sampling: {message}"):
        ais.tune(given(images), shape, steps=steps, leapfrogs=leapfrogs, rng=torch_rng(0, "x"))

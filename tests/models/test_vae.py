"""The variational autoencoder's bound against closed forms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

from genbench.engine.learner import Batch
from genbench.errors import InputError
from genbench.models.bases.grey_levels import log_gaussian, value_of
from genbench.models.vae import VAE, build, code_mmd, gaussian_kl
from genbench.seeding import torch_rng

numbers = st.lists(st.floats(-3, 3), min_size=4, max_size=4)


@settings(max_examples=50)
@given(mean=numbers, log_sd=numbers)
def test_gaussian_kl_is_that_of_torch(mean: list[float], log_sd: list[float]) -> None:
    m, s = (torch.tensor(values, dtype=torch.float64).view(2, 2) for values in (mean, log_sd))
    posterior = Independent(Normal(m, s.exp()), 1)
    prior = Independent(Normal(torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)), 1)
    torch.testing.assert_close(gaussian_kl(m, s), kl_divergence(posterior, prior))


class Posterior(nn.Module):
    """That of principal components, x = w z + noise ε in one pixel, its standard deviation `wider` times too large."""

    def __init__(self, w: float, noise: float, wider: float = 1.0) -> None:
        super().__init__()
        self.slope = w / (w**2 + noise**2)
        self.log_sd = math.log(wider * noise / math.sqrt(w**2 + noise**2))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        pixels = images.flatten(1)
        return torch.cat([pixels * self.slope, torch.full_like(pixels, self.log_sd)], 1)


class Decoder(nn.Module):
    def __init__(self, w: float) -> None:
        super().__init__()
        self.w = w

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return (self.w * codes).view(-1, 1, 1, 1)


def repeated(x: float, n: int) -> Iterator[Batch]:
    yield Batch(torch.full((n, 1, 1, 1), x), torch.zeros(n, dtype=torch.int64))


@pytest.mark.parametrize(("draws", "n"), [(1, 200_000), (3, 10)])
def test_the_loss_bounds_the_likelihood_of_a_linear_model(draws: int, n: int) -> None:
    """Principal components: x = w z + noise ε has the density N(0, w² + noise²), and an exact Gaussian posterior.

    With that posterior as the encoder the bound is tight (Tipping and Bishop, 1999): the loss is −log p(x) less the
    constant log of the decoder's normaliser. For one draw it is so as an average over codes, of which the KL term is
    known; the weights of several are all equal.
    """
    w, noise, x = 0.6, 0.5, 0.7
    model = VAE((1, 1, 1), Decoder(w), Posterior(w, noise), latent=1, noise=noise, lr=0.1, draws=draws)
    (update,) = model.updates(repeated(x, n), torch_rng(0, "step"), 1)
    evidence = Normal(0.0, math.sqrt(w**2 + noise**2)).log_prob(torch.tensor(x)).item()  # type: ignore[no-untyped-call]
    constant = 0.5 * math.log(2 * math.pi * noise**2)
    assert update.loss.item() == pytest.approx(-evidence - constant, abs=0.01 if draws == 1 else 1e-5)


def learning(noise: float) -> VAE:
    return VAE((1, 1, 1), Decoder(0.6), Posterior(0.6, 0.5), latent=1, noise=noise, lr=0.1, learn_noise=True)


@pytest.mark.parametrize("noise", [0.2, 0.5, 1.0])
def test_a_learnt_noise_adds_its_logarithm_and_moves_to_the_error_of_a_pixel(noise: float) -> None:
    """The slope of n²/(2 s²) + log s in log s is 1 − n²/s², with n² the mean squared error."""
    model = learning(noise)
    fixed = VAE((1, 1, 1), Decoder(0.6), Posterior(0.6, 0.5), latent=1, noise=noise, lr=0.1)
    one, other = (next(of.updates(repeated(0.7, 50_000), torch_rng(0, "step"), 1)).loss for of in (model, fixed))
    assert one.item() == pytest.approx(other.item() + math.log(noise), abs=1e-5)
    assert model.log_noise is not None
    (slope,) = torch.autograd.grad(one, model.log_noise)
    error = (0.7 - 0.6 * (0.7 * 0.6 / 0.61)) ** 2 + 0.36 * 0.25 / 0.61
    assert slope.item() == pytest.approx(1 - error / noise**2, abs=0.05)


def test_the_likelihood_is_of_the_learnt_noise() -> None:
    model = learning(0.5)
    assert model.log_noise is not None
    images, saids = torch.zeros(4, 1, 1, 1), []
    for noise in (0.5, 0.25):
        model.log_noise.data.fill_(math.log(noise))
        assert model.noise == pytest.approx(noise)
        saids += [of.log_likelihood(images, draws=2, rng=torch_rng(0, "l")).nats for of in (model, learning(noise))]
    torch.testing.assert_close(saids[0], saids[1])
    torch.testing.assert_close(saids[2], saids[3])
    assert not torch.equal(saids[0], saids[2])


def test_bounds_rise_with_draws_to_the_likelihood_of_a_linear_model() -> None:
    """A normal z with the mass of each level's bin given z makes P(level) the mass under N(0, w² + noise²)."""
    w, noise, levels = 0.6, 0.3, torch.tensor(17)
    model = VAE((1, 1, 1), Decoder(w), Posterior(w, noise, wider=2), latent=1, noise=noise, lr=0.1)
    model.levels.copy_(levels)
    index = torch.arange(17).repeat(400).view(-1, 1, 1, 1)
    images = value_of(index, levels)
    bounds = {}
    for draws in (1, 2, 10, 300):
        likelihood = model.log_likelihood(images, draws=draws, rng=torch_rng(0, "likelihood"))
        assert (likelihood.kind, likelihood.method) == ("lower bound", "ELBO" if draws == 1 else f"IWAE, {draws} draws")
        bounds[draws] = likelihood.nats.view(400, 17).mean(0)
    exact = log_gaussian(torch.arange(17), torch.zeros(17), math.sqrt(w**2 + noise**2), levels)
    assert (bounds[1] < bounds[2]).all() and (bounds[2] < bounds[10]).all() and (bounds[10] < bounds[300]).all()
    assert (bounds[1] < exact - 0.1).all()
    torch.testing.assert_close(bounds[300], exact, atol=0.01, rtol=0)


def test_beta_weighs_the_divergence_from_the_prior() -> None:
    """The bound is linear in it, and the closed form of the KL term is the slope."""
    w, noise, x = 0.6, 0.5, 0.7
    losses = []
    for beta in (0.0, 1.0, 4.0):
        model = VAE((1, 1, 1), Decoder(w), Posterior(w, noise), latent=1, noise=noise, lr=0.1, beta=beta)
        (update,) = model.updates(repeated(x, 5), torch_rng(0, "step"), 1)
        losses.append(update.loss)
    mean, log_sd = Posterior(w, noise)(torch.full((1, 1), x)).chunk(2, dim=1)
    torch.testing.assert_close(losses[1] - losses[0], gaussian_kl(mean, log_sd)[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(losses[2] - losses[0], 4 * gaussian_kl(mean, log_sd)[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shift", [0.0, 1.0, 3.0])
def test_the_discrepancy_of_two_gaussians_is_known(shift: float) -> None:
    """E exp(−‖x − y‖² / 2d) = (1 + 2/d)^(−d/2) exp(−s² / 2(d + 2)) for x − y ~ N(s, 2I) in d dimensions."""
    d, rng = 2, torch_rng(0, "codes")
    codes, others = torch.randn(1000, d, generator=rng), torch.randn(1000, d, generator=rng)
    codes[:, 0] += shift
    expected = 2 * (1 + 2 / d) ** (-d / 2) * (1 - math.exp(-(shift**2) / (2 * (d + 2))))
    assert code_mmd(codes, others).item() == pytest.approx(expected, abs=0.03)


def test_codes_like_the_prior_cost_little_and_others_more() -> None:
    """InfoVAE: with a posterior that is always at one point, the codes of a batch are far from the prior."""
    losses = {}
    for mmd in (0.0, 10.0):
        model = VAE((1, 1, 1), Decoder(0.6), Posterior(0.6, 0.01), latent=1, noise=0.5, lr=0.1, beta=0.0, mmd=mmd)
        (update,) = model.updates(repeated(0.0, 1000), torch_rng(0, "step"), 1)
        losses[mmd] = update.loss.item()
    # k(0, 0) + E k(z, z') − 2 E k(0, z) with d = 1
    assert losses[10.0] - losses[0.0] == pytest.approx(10 * (1 + 3**-0.5 - 2 * 2**-0.5), abs=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "noise: missing"),
        ({"decoder": "binomial", "noise": 0.5}, "noise: expected none beside decoder: binomial"),
        ({"noise": 0.5, "draws": 5, "beta": 2.0}, "draws: expected 1 beside beta or mmd"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_together_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build((1, 2, 2), network={"name": "mlp", "width": 4, "depth": 1}, latent=1, lr=0.1, **options)

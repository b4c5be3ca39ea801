"""The variational autoencoder's bound against closed forms."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

from genbench.model import Batch
from genbench.models.vae import VAE, gaussian_kl
from genbench.seeding import torch_rng

numbers = st.lists(st.floats(-3, 3), min_size=4, max_size=4)


@settings(max_examples=50)
@given(mean=numbers, log_sd=numbers)
def test_gaussian_kl_is_that_of_torch(mean: list[float], log_sd: list[float]) -> None:
    m, s = (torch.tensor(values, dtype=torch.float64).view(2, 2) for values in (mean, log_sd))
    posterior = Independent(Normal(m, s.exp()), 1)
    prior = Independent(Normal(torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)), 1)
    torch.testing.assert_close(gaussian_kl(m, s), kl_divergence(posterior, prior))


def test_the_loss_bounds_the_likelihood_of_a_linear_model() -> None:
    """Principal components: x = w z + noise ε has the density N(0, w² + noise²), and an exact Gaussian posterior.

    With that posterior as the encoder the bound is tight (Tipping and Bishop, 1999): the loss, an average over codes,
    is −log p(x) less the constant log of the decoder's normaliser.
    """
    w, noise, x = 0.6, 0.5, 0.7

    class Posterior(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            pixels = images.flatten(1)
            variance = noise**2 / (w**2 + noise**2)
            return torch.cat([pixels * w / (w**2 + noise**2), torch.full_like(pixels, 0.5 * math.log(variance))], 1)

    class Decoder(nn.Module):
        def forward(self, codes: torch.Tensor) -> torch.Tensor:
            return (w * codes).view(-1, 1, 1, 1)

    def batches() -> Iterator[Batch]:
        yield Batch(torch.full((200_000, 1, 1, 1), x), torch.zeros(200_000, dtype=torch.int64))

    model = VAE((1, 1, 1), Decoder(), Posterior(), latent=1, noise=noise, lr=0.1)
    (turn,) = model.turns(batches(), torch_rng(0, "step"), 1)
    evidence = Normal(0.0, math.sqrt(w**2 + noise**2)).log_prob(torch.tensor(x)).item()
    constant = 0.5 * math.log(2 * math.pi * noise**2)
    assert turn.loss.item() == pytest.approx(-evidence - constant, abs=0.01)

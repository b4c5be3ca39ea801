"""An encoder that sees noise: the penalty that it is for linear networks, and the plain autoencoder without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from genbench.engine.learner import Batch
from genbench.errors import InputError
from genbench.models.denoising_vae import DenoisingVAE, build
from genbench.models.vae import VAE
from genbench.seeding import seeded_initialisation, torch_rng

SHAPE, LATENT, NOISE = (1, 2, 2), 3, 0.5
NETWORK = {"name": "mlp", "width": 8, "depth": 1, "norm": "none"}
IMAGES = torch.rand(6, *SHAPE, generator=torch_rng(0, "images")) * 2 - 1


class Linear(nn.Module):
    """Means A x of the posterior, and constant logarithms of its standard deviations."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.4 * torch.randn(4, LATENT, generator=torch_rng(0, "encoder")))

    def forward(self, images: Tensor) -> Tensor:
        mean = images.flatten(1) @ self.weight
        return torch.cat([mean, torch.full_like(mean, -1.0)], dim=1)


class Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.4 * torch.randn(LATENT, 4, generator=torch_rng(0, "decoder")))

    def forward(self, codes: Tensor) -> Tensor:
        return (codes @ self.weight).view(-1, *SHAPE)


def batch(copies: int = 1) -> Iterator[Batch]:
    images = IMAGES.repeat(copies, 1, 1, 1)
    yield Batch(images, torch.zeros(len(images), dtype=torch.int64))


def loss(model: VAE, copies: int) -> float:
    (update,) = model.updates(batch(copies), torch_rng(0, "step"), 1)
    return float(update.loss.detach())


@pytest.mark.parametrize("input_noise", [0.3, 1.0])
def test_noise_is_a_penalty_on_the_weights_of_linear_networks(input_noise: float) -> None:
    """E ½ |A ε|² of the divergence and E |ε A W|² / (2 noise²) of the error, both over ε ~ N(0, input_noise²)."""
    encoder, decoder = Linear(), Decoder()
    plain = VAE(SHAPE, decoder, encoder, LATENT, NOISE, 0.1)
    noisy = DenoisingVAE(SHAPE, decoder, encoder, LATENT, NOISE, 0.1, input_noise=input_noise)
    with torch.no_grad():
        squares = encoder.weight.square().sum() + (encoder.weight @ decoder.weight).square().sum() / NOISE**2
    penalty = float(input_noise**2 * squares / 2)
    assert loss(noisy, 30_000) - loss(plain, 30_000) == pytest.approx(penalty, rel=0.02)
    assert penalty > 0.1


def test_the_bound_is_of_the_image_without_noise() -> None:
    """An encoder that says the prior of every image: noise in its input then changes nothing."""

    class Deaf(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return torch.zeros(len(images), 2 * LATENT)

    noisy = DenoisingVAE(SHAPE, Decoder(), Deaf(), LATENT, NOISE, 0.1, input_noise=3.0)
    plain = VAE(SHAPE, Decoder(), Deaf(), LATENT, NOISE, 0.1)
    assert loss(noisy, 20_000) == pytest.approx(loss(plain, 20_000), abs=0.02)


def test_after_training_it_is_the_plain_autoencoder() -> None:
    with seeded_initialisation(0, "initialise"):
        model = build(SHAPE, network=NETWORK, latent=LATENT, noise=NOISE, input_noise=0.3, lr=0.1).eval()
    plain = VAE(SHAPE, model.decoder, model.encoder, LATENT, NOISE, 0.1)
    with torch.no_grad():
        one, other = (of.log_likelihood(IMAGES, draws=3, rng=torch_rng(0, "l")) for of in (model, plain))
    torch.testing.assert_close(one.nats, other.nats, rtol=0, atol=0)
    assert (one.kind, one.method) == ("lower bound", "IWAE, 3 draws")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "denoising_vae: noise: missing; a gaussian decoder has a standard deviation"),
        ({"decoder": "binomial", "noise": 0.5}, "denoising_vae: noise: expected none beside decoder: binomial"),
    ],
    ids=str,
)
def test_a_decoder_and_its_noise_must_fit(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build(SHAPE, network=NETWORK, latent=3, input_noise=0.3, lr=0.1, **options)  # type: ignore[arg-type]

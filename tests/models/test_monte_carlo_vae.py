"""Priors and posteriors that are no Gaussians, against direct computation and the plain autoencoder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from genbench.data.images import Images
from genbench.data.pixels import scale
from genbench.engine.learner import Batch, Data, Facts
from genbench.errors import InputError
from genbench.models import iaf_vae, vampprior
from genbench.models.bases.monte_carlo_vae import MonteCarloVAE
from genbench.models.iaf_vae import IAFVAE
from genbench.models.vae import VAE
from genbench.models.vampprior import VampPrior
from genbench.seeding import seeded_initialisation, torch_rng

SHAPE = (1, 2, 2)
NETWORK = {"name": "mlp", "width": 8, "depth": 1, "norm": "none"}
IMAGES = Images(np.random.default_rng(0).integers(256, size=(12, *SHAPE), dtype=np.uint8), np.arange(12))
PIXELS = scale(torch.tensor(IMAGES.pixels))


def vamp(components: int = 5, draws: int = 1) -> VampPrior:
    with seeded_initialisation(0, "initialise"):
        model = vampprior.build(
            SHAPE, network=NETWORK, latent=3, pseudo_inputs=components, noise=0.5, draws=draws, lr=0.1
        )
    model.setup(Data(IMAGES, IMAGES, IMAGES, 256, ()), torch_rng(0, "begin"))
    return model.eval()


def iaf(latent: int = 3, *, awake: bool = True) -> IAFVAE:
    with seeded_initialisation(0, "initialise"):
        model = iaf_vae.build(SHAPE, network=NETWORK, latent=latent, flow_steps=3, flow_width=16, noise=0.5, lr=0.1)
        for step in model.flow:
            for parameter in step.parameters():
                torch.nn.init.normal_(parameter, std=0.5 if awake else 0.0)
    return model.eval()


def noise(n: int, latent: int = 3) -> Tensor:
    return torch.randn(n, latent, generator=torch_rng(0, "noise"))


def batch(n: int = 1) -> Any:
    images = PIXELS.repeat(n, 1, 1, 1)
    return iter([Batch(images, torch.zeros(len(images), dtype=torch.int64))])


def bits(model: VAE, draws: int) -> Tensor:
    with torch.no_grad():
        return model.log_likelihood(PIXELS, draws=draws, rng=torch_rng(0, "likelihood")).nats


def test_the_prior_is_the_mixture_of_the_posteriors_of_its_pseudo_inputs() -> None:
    model, codes = vamp(), noise(7)
    densities = torch.zeros(7, dtype=torch.float64)
    for image in model.pseudo_inputs:
        mean, log_sd = model.encoder(image[None])[0].detach().double().chunk(2)
        of_one = torch.distributions.Normal(mean, log_sd.exp())
        densities += of_one.log_prob(codes.double()).sum(1).exp() / 5  # type: ignore[no-untyped-call]
    torch.testing.assert_close(model.log_prior(codes).detach().double(), densities.log(), atol=1e-5, rtol=1e-5)


def test_codes_of_samples_are_of_the_prior() -> None:
    """By the mean and covariance of the mixture, with a decoder that does nothing."""
    model = vamp()
    model.decoder = torch.nn.Identity()
    mean, log_sd = (part.detach() for part in model.components())
    drawn = model.sample(100_000, rng=torch_rng(0, "sample")).detach()
    torch.testing.assert_close(drawn.mean(0), mean.mean(0), atol=0.02, rtol=0)
    covariance = torch.diag((2 * log_sd).exp().mean(0)) + torch.cov(mean.T, correction=0)
    torch.testing.assert_close(torch.cov(drawn.T), covariance, atol=0.03, rtol=0)


def test_pseudo_inputs_start_at_different_training_images_learn_and_stay_images() -> None:
    model = vamp(12)
    assert {tuple(image.flatten().tolist()) for image in model.pseudo_inputs} == {
        tuple(image.flatten().tolist()) for image in PIXELS
    }
    (update,) = model.updates(batch(), torch_rng(0, "step"), 1)
    (slope,) = torch.autograd.grad(update.loss, [model.pseudo_inputs])
    assert (slope.flatten(1).abs().sum(1) > 0).all()
    model.pseudo_inputs.data.add_(100 * slope)
    model.after_update("autoencoder", 1)
    assert model.pseudo_inputs.detach().abs().max() == 1


@pytest.mark.parametrize("draws", [1, 4])
def test_a_loss_is_the_importance_bound_with_this_prior(draws: int) -> None:
    """The Gaussian decoder's loss is its density but for a constant."""
    model, many = vamp(draws=draws), 4000
    (update,) = model.updates(batch(many), torch_rng(0, "step"), 1)
    with torch.no_grad():
        encoded, weights = model.encoder(PIXELS.repeat(many, 1, 1, 1)), []
        for draw in range(draws):
            codes, log_q = model.posterior(encoded, torch.randn(12 * many, 3, generator=torch_rng(draw, "again")))
            squares = (PIXELS.repeat(many, 1, 1, 1) - model.decoder(codes)).square().flatten(1).sum(1)
            weights.append(model.log_prior(codes) - log_q - squares / (2 * 0.25))
        bound = torch.stack(weights).logsumexp(0) - math.log(draws)
    assert float(update.loss.detach()) == pytest.approx(-float(bound.mean()), abs=0.05)


@pytest.mark.parametrize("latent", [1, 4])
def test_the_flow_changes_densities_by_its_jacobian(latent: int) -> None:
    model = iaf(latent)
    encoded = model.encoder(PIXELS).detach()
    start = noise(len(PIXELS), latent)
    codes, log_q = model.posterior(encoded, start)
    for row in range(len(PIXELS)):
        at = start[row : row + 1].clone().requires_grad_()
        moved = model.posterior(encoded[row : row + 1], at)[0][0]
        jacobian = torch.cat([torch.autograd.grad(number, at, retain_graph=True)[0] for number in moved])
        standard = torch.distributions.Normal(0.0, 1.0).log_prob(start[row]).sum()  # type: ignore[no-untyped-call]
        torch.testing.assert_close(
            log_q[row], standard - torch.linalg.slogdet(jacobian).logabsdet, atol=1e-4, rtol=1e-4
        )
    assert not torch.allclose(codes, iaf(latent, awake=False).posterior(encoded, start)[0], atol=0.1)


def test_every_number_of_a_code_depends_on_the_others_and_on_what_the_encoder_says() -> None:
    model = iaf()
    encoded = model.encoder(PIXELS[:1]).detach().requires_grad_()
    codes = model.posterior(encoded, noise(1))[0]
    for number in range(3):
        (slope,) = torch.autograd.grad(codes[0, number], encoded, retain_graph=True)
        assert (slope != 0).all(), "all means, standard deviations and h, for orders turn round"


def test_a_flow_with_zero_weights_is_the_plain_autoencoder() -> None:
    """That of the same decoder, and the encoder without h."""
    model = iaf(awake=False)
    plain = VAE(SHAPE, model.decoder, FirstOutputs(model.encoder, 6), 3, 0.5, lr=0.1)
    for draws in (1, 5):
        torch.testing.assert_close(bits(model, draws), bits(plain, draws))
    torch.testing.assert_close(model.encode(PIXELS), plain.encode(PIXELS))
    many = 4000
    losses = [next(of.updates(batch(many), torch_rng(0, "step"), 1)).loss.item() for of in (model, plain)]
    assert losses[0] == pytest.approx(losses[1], abs=0.05), "an estimate of the divergence, and its closed form"


def test_a_built_flow_starts_as_the_plain_autoencoder() -> None:
    with seeded_initialisation(0, "initialise"):
        model = iaf_vae.build(SHAPE, network=NETWORK, latent=3, flow_steps=3, flow_width=16, noise=0.5, lr=0.1)
    plain = VAE(SHAPE, model.decoder, FirstOutputs(model.encoder, 6), 3, 0.5, lr=0.1)
    torch.testing.assert_close(bits(model, 3), bits(plain, 3))


def test_without_another_prior_or_posterior_it_is_the_plain_autoencoder() -> None:
    with seeded_initialisation(0, "initialise"):
        model = iaf_vae.build(SHAPE, network=NETWORK, latent=3, flow_steps=1, flow_width=8, noise=0.5, lr=0.1)
    networks = model.decoder, FirstOutputs(model.encoder, 6)
    base, plain = (kind(SHAPE, *networks, 3, 0.5, lr=0.1, draws=4) for kind in (MonteCarloVAE, VAE))
    torch.testing.assert_close(bits(base, 3), bits(plain, 3))
    losses = [next(of.updates(batch(), torch_rng(0, "step"), 1)).loss for of in (base, plain)]
    torch.testing.assert_close(losses[0], losses[1])


class FirstOutputs(torch.nn.Module):
    """The first `size` numbers that an encoder gives."""

    def __init__(self, encoder: torch.nn.Module, size: int) -> None:
        super().__init__()
        self.encoder, self.size = encoder, size

    def forward(self, images: Tensor) -> Tensor:
        numbers: Tensor = self.encoder(images)
        return numbers[:, : self.size]


def test_more_pseudo_inputs_than_training_images_are_refused() -> None:
    with pytest.raises(InputError, match="pseudo_inputs: expected at most the 4 training images, got 5"):
        vamp().refuse(Facts(images=4))
    vamp().refuse(Facts(images=5))


def test_an_encoder_that_normalises_across_the_batch_is_refused() -> None:
    with pytest.raises(InputError, match="vampprior: network: expected an encoder without batch normalisation"):
        vampprior.build(
            (1, 16, 16), network={"name": "dcgan", "width": 4}, latent=2, pseudo_inputs=2, noise=0.5, lr=0.1
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [({}, "noise: missing"), ({"decoder": "binomial", "noise": 0.5}, "noise: expected none beside decoder: binomial")],
    ids=str,
)
def test_options_that_make_no_sense_together_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"vampprior: {message}"):
        vampprior.build(SHAPE, network=NETWORK, latent=1, pseudo_inputs=2, lr=0.1, **options)
    with pytest.raises(InputError, match=f"iaf_vae: {message}"):
        iaf_vae.build(SHAPE, network=NETWORK, latent=1, flow_steps=1, flow_width=4, lr=0.1, **options)

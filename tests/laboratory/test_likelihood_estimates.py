"""Estimates of log P and gradients of its bound, where both are known: a linear decoder with Gaussian noise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genbench.data.images import Images, Shape
from genbench.data.pixels import quantise, scale
from genbench.engine.learner import Data
from genbench.models.bases.grey_levels import value_of
from genbench.models.bases.likelihood import level_of
from genbench.models.denoising_vae import DenoisingVAE
from genbench.models.gan import GAN
from genbench.models.vae import VAE
from genbench.seeding import torch_rng
from laboratory.likelihood import annealed, decoders, inference, marginal
from laboratory.likelihood.memory import Memory
from laboratory.likelihood.options import AnnealedOptions, ChainsOptions, InferenceOptions, MarginalOptions

SHAPE: Shape = (1, 2, 3)
LATENT, LEVELS, NOISE = 2, 256, 0.1
WEIGHTS = 0.15 * torch.randn(LATENT, math.prod(SHAPE), generator=torch_rng(0, "decoder"))
COVARIANCE = WEIGHTS.T @ WEIGHTS + NOISE**2 * torch.eye(math.prod(SHAPE))


class Decoder(nn.Module):
    def forward(self, codes: Tensor) -> Tensor:
        return (codes @ WEIGHTS).view(-1, *SHAPE)


class Encoder(nn.Module):
    """The mean of the true posterior, moved by `shift`, and its best independent coordinates, `stretch` as wide."""

    def __init__(self, shift: float = 0.0, stretch: float = 1.0) -> None:
        super().__init__()
        self.shift, self.stretch = shift, stretch

    def forward(self, images: Tensor) -> Tensor:
        mean = images.flatten(1) @ WEIGHTS.T @ torch.linalg.inv(precision()) / NOISE**2
        widths = self.stretch / precision().diagonal().sqrt()
        return torch.cat([mean + self.shift, widths.log().expand(len(images), -1)], dim=1)


def precision() -> Tensor:
    return torch.eye(LATENT) + WEIGHTS @ WEIGHTS.T / NOISE**2


def vae(shift: float = 0.0, stretch: float = 1.0) -> VAE:
    return VAE(SHAPE, Decoder(), Encoder(shift, stretch), LATENT, NOISE, 0.1).eval()


def pixels(n: int) -> np.ndarray:
    rng = torch_rng(1, "images")
    images = torch.randn(n, LATENT, generator=rng) @ WEIGHTS + NOISE * torch.randn(n, math.prod(SHAPE), generator=rng)
    return quantise(images.view(n, *SHAPE), LEVELS).numpy()


def truth(images: Tensor) -> Tensor:
    """log of the density times a bin's volume; bins are narrow and no pixel is near the edge."""
    normal: Any = torch.distributions.MultivariateNormal(torch.zeros(math.prod(SHAPE)), COVARIANCE)
    density: Tensor = normal.log_prob(images.flatten(1))
    return density + math.prod(SHAPE) * math.log(2 / (LEVELS - 1))


def kl_of_independence(shift: float, stretch: float) -> float:
    """KL(q ‖ posterior) of two Gaussians, q the encoder's."""
    p, covariance = precision(), torch.diag(stretch**2 / precision().diagonal())
    moved = torch.full((LATENT,), shift)
    trace = (p @ covariance).trace() - LATENT
    return float(0.5 * (trace + moved @ p @ moved - torch.logdet(p @ covariance)))


def test_all_estimates_come_to_the_known_probability() -> None:
    model, images = vae(shift=0.1, stretch=1.5), scale(torch.from_numpy(pixels(4)))
    known = truth(images).double().numpy()
    weights = marginal.posterior_weights(model, images, 8192, torch_rng(0, "q")).numpy()
    prior = marginal.prior_weights(model, images, 32768, torch_rng(0, "p")).numpy()
    np.testing.assert_allclose(marginal.log_mean(weights), known, atol=0.1)
    np.testing.assert_allclose(marginal.log_mean(prior), known, atol=0.2)
    gap = kl_of_independence(0.1, 1.5)
    np.testing.assert_allclose(known - weights.mean(axis=1), gap, atol=0.1)
    assert gap > 0.3


def test_an_estimate_takes_as_many_codes_as_it_is_given() -> None:
    weights = np.log(np.array([[1.0, 3.0, 2.0, 6.0, 5.0]]))
    np.testing.assert_allclose(marginal.estimates(weights, 2, inside=True), np.log([[2.0, 4.0]]))
    np.testing.assert_allclose(marginal.estimates(weights, 2, inside=False), np.log([[math.sqrt(3), math.sqrt(12)]]))
    rows = marginal.summary(weights[:, :4], [1, 2], inside=True)
    assert rows["mean"][1] == pytest.approx(math.log(8) / 2)
    assert rows["sd"][1] == pytest.approx(math.log(2) / math.sqrt(2))
    assert rows["error"][1] == pytest.approx(math.log(2) / 2)


def test_the_study_finds_the_order_that_theory_asks_for() -> None:
    options = MarginalOptions(model="vae", images=4, counts=[1, 16, 256], repeats=8)
    found = marginal.study(vae(shift=0.05), pixels(4), options, torch_rng(0, "study"))
    rows = found["estimators"]
    assert rows["prior"]["mean"] == sorted(rows["prior"]["mean"])
    assert rows["iwae"]["mean"] == sorted(rows["iwae"]["mean"])
    assert rows["iwae"]["mean"][0] == pytest.approx(rows["elbo"]["mean"][0])
    assert rows["iwae"]["sd"][-1] < rows["prior"]["sd"][-1]
    assert found["best"] == pytest.approx(float(truth(scale(torch.from_numpy(pixels(4)))).mean()), abs=0.05)


OPTIONS = InferenceOptions(
    model="vae",
    regularised="regularised",
    images=6,
    steps=150,
    lr=0.02,
    draws=8,
    test=2048,
    hmc=ChainsOptions(chains=8, burn=150, kept=300, leapfrogs=3),
    batch=2,
    repeats=2,
    codes=2,
)


def test_gaps_are_those_of_two_gaussians() -> None:
    """The best independent Gaussian has the posterior's mean and the inverse of its precision's diagonal."""
    options = OPTIONS
    found = inference.gaps(vae(shift=0.1, stretch=1.5), scale(torch.from_numpy(pixels(6))), options, seed=0)
    best = kl_of_independence(0.0, 1.0)
    assert found["gaps"]["approximation"]["nats"] == pytest.approx(best, abs=0.05)
    assert found["gaps"]["amortisation"]["nats"] == pytest.approx(kl_of_independence(0.1, 1.5) - best, rel=0.1)


def test_chains_draw_the_true_posterior_of_each_image() -> None:
    """Their codes find the divergence of two Gaussians the other way round, and what is wrong with the encoder's."""
    found = inference.gaps(vae(shift=0.1, stretch=1.5), scale(torch.from_numpy(pixels(6))), OPTIONS, seed=0)[
        "posterior"
    ]
    assert found["scale_reduction"] < 1.05
    covariance = torch.linalg.inv(precision())
    sd = covariance.diagonal().sqrt()
    for name, shift, stretch in (("amortised", 0.1, 1.5), ("own", 0.0, 1.0)):
        q = precision().diagonal() / stretch**2  # the Gaussian's precision
        kl = 0.5 * (q @ (covariance.diagonal() + shift**2) - LATENT - q.log().sum() - torch.logdet(covariance))
        row = found["gaussians"][name]
        assert row["kl"]["nats"] == pytest.approx(float(kl), rel=0.1, abs=0.02)
        assert row["shift"] == pytest.approx(float((shift / sd).square().mean().sqrt()), abs=0.1)
        assert row["width"] == pytest.approx(float((1 / (q.sqrt() * sd)).log().mean().exp()), rel=0.05)
    correlation = abs(float(covariance[0, 1] / sd.prod()))
    assert found["correlation"] == pytest.approx(correlation, abs=0.05)


def test_a_regularised_encoder_is_studied_beside_the_other() -> None:
    short = ChainsOptions(chains=2, burn=1, kept=2, leapfrogs=1)
    few = OPTIONS.model_copy(update={"images": 2, "steps": 1, "test": 4, "repeats": 2, "hmc": short})
    other = DenoisingVAE(SHAPE, Decoder(), Encoder(shift=0.5), LATENT, NOISE, 0.1, input_noise=0.3).eval()
    found = inference.study(vae(), other, pixels(2), few, seed=0)
    assert found["regularised"]["input_noise"] == 0.3
    assert found["regularised"]["amortised"] < found["gap"]["amortised"] - 1
    assert found["gap"].keys() == found["regularised"].keys() - {"input_noise"}


def test_gradients_have_one_mean_and_differ_in_noise() -> None:
    model, images = vae(shift=0.05), scale(torch.from_numpy(pixels(2)))
    drawn = {
        name: inference.repeated(of, model, images, 4, 2000, torch_rng(0, name))
        for name, of in inference.ESTIMATORS.items()
    }
    # of −KL(q ‖ posterior) in the mean: −precision · shift, for each of two images of the mean bound
    expected = -(precision() @ torch.full((LATENT,), 0.05)).numpy() / 2
    for name, gradients in drawn.items():
        error = gradients.std(axis=0) / math.sqrt(len(gradients))
        means = gradients.mean(axis=0).reshape(2, 2 * LATENT)
        assert (np.abs(means[:, :LATENT] - expected) < 4.5 * error.reshape(2, -1)[:, :LATENT] + 0.02).all(), name
    noise = {name: gradients.var(axis=0).sum() for name, gradients in drawn.items()}
    assert noise["score"] > 10 * noise["score, baseline"]
    assert noise["reparameterised"] > noise["path"]


def test_a_path_gradient_has_no_noise_at_the_true_posterior() -> None:
    """With one coordinate the family holds the posterior: every code gives the same weight."""

    class One(nn.Module):
        def forward(self, codes: Tensor) -> Tensor:
            return (codes @ WEIGHTS[:1]).view(-1, *SHAPE)

    class Exact(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            p = 1 + WEIGHTS[0] @ WEIGHTS[0] / NOISE**2
            mean = images.flatten(1) @ WEIGHTS[:1].T / NOISE**2 / p
            return torch.cat([mean, (-0.5 * p.log()).expand(len(images), 1)], dim=1)

    model, images = VAE(SHAPE, One(), Exact(), 1, NOISE, 0.1).eval(), scale(torch.from_numpy(pixels(2)))
    path, other = (
        inference.repeated(inference.ESTIMATORS[name], model, images, 2, 50, torch_rng(0, "noise"))
        for name in ("path", "reparameterised")
    )
    assert np.abs(path).max() < 0.05
    assert other.std() > 10 * path.std()


def test_a_binomial_decoder_is_taken_at_its_word() -> None:
    model = VAE(SHAPE, Decoder(), Encoder(), LATENT, None, 0.1).eval()
    images = scale(torch.from_numpy(pixels(3)))
    model.levels.fill_(17)
    one = marginal.posterior_weights(model, images, 3, torch_rng(0, "q"))
    said = model.log_likelihood(images[:1], draws=3, rng=torch_rng(0, "q"))
    torch.testing.assert_close(marginal.log_mean(one.numpy())[0], said.nats.double().item(), atol=1e-4, rtol=1e-5)


class Generator(nn.Module):
    """As the VAE's decoder, in a GAN without training."""

    def forward(self, codes: Tensor) -> Tensor:
        return (codes @ WEIGHTS).view(-1, *SHAPE)


def gan() -> decoders.ObservedGAN:
    untrained: Any = GAN.__new__(GAN)
    nn.Module.__init__(untrained)
    untrained.shape, untrained.latent, untrained.generator = SHAPE, LATENT, Generator()
    return decoders.ObservedGAN(untrained, NOISE, torch.tensor(LEVELS))


@pytest.mark.parametrize("noise", [NOISE, None], ids=["gaussian", "binomial"])
def test_images_are_drawn_as_they_are_explained(noise: float | None) -> None:
    """Of images of 8 levels given one code: each pixel's shares are the probabilities that log_given says."""
    model = VAE(SHAPE, Decoder(), Encoder(), LATENT, noise, 0.1).eval()
    model.levels.fill_(8)
    code = torch.tensor([[0.5, -1.0]])

    class Still(Decoder):
        def forward(self, codes: Tensor) -> Tensor:
            return super().forward(code.expand(len(codes), -1))

    model.decoder = Still()
    index, codes = decoders.draw(model, 20_000, torch_rng(0, "draw"))
    assert codes.std() == pytest.approx(1, abs=0.02)
    shares = torch.stack([(index == level).double().mean(0) for level in range(8)])
    levels = torch.arange(8).view(8, 1, 1, 1).expand(8, *SHAPE)
    said = torch.zeros(8, *SHAPE, dtype=torch.float64)
    for at in np.ndindex(*SHAPE):
        pixel = levels[:1].repeat(8, 1, 1, 1)
        pixel[(slice(None), *at)] = torch.arange(8)
        logs = decoders.log_given(model, pixel, code.expand(8, -1)).double()
        said[(slice(None), *at)] = (logs - logs.logsumexp(0)).exp()  # of one pixel, where the others stay
    torch.testing.assert_close(shares, said, atol=0.015, rtol=0)


ANNEALED = AnnealedOptions(
    model="vae", gan="gan", noise=NOISE, images=40, chains=4, leapfrogs=3, tuning=100, steps=[3, 30, 120], codes=2048
)


def test_a_gan_with_noise_is_the_vae_of_the_same_decoder() -> None:
    """Both have the known probability between their bounds, on images that the model draws and on others."""
    rows = annealed.study({"vae": vae(), "gan": gan()}, pixels(40), ANNEALED, seed=0)["models"]
    known = truth(scale(torch.from_numpy(pixels(40)))).double().numpy()
    for name, row in rows.items():
        lower, upper, gap = (row["own"][side] for side in ("lower", "upper", "gap"))
        assert gap["mean"][0] > gap["mean"][1] > gap["mean"][2] > -3 * gap["error"][2], name
        assert lower["mean"] == sorted(lower["mean"])
        assert upper["mean"] == sorted(upper["mean"], reverse=True)
        assert gap["mean"][2] == pytest.approx(0, abs=0.25)
        assert row["test"]["mean"][2] == pytest.approx(known.mean(), abs=0.2)
        assert np.sqrt(np.mean((row["test"]["each"] - known) ** 2)) < 0.5
        assert row["method"] == "AIS, 120 distributions, 4 chains"
    assert rows["gan"]["iwae"] is None
    assert abs(rows["vae"]["iwae"]["more"]) < 0.2
    index, codes = decoders.draw(gan(), 3, torch_rng(0, "x"))
    known_by = truth(value_of(index, torch.tensor(LEVELS)).float())
    options = ANNEALED.model_copy(update={"steps": [60], "chains": 8})
    both = annealed.bounds(gan(), index, codes, options, 0, "x")
    np.testing.assert_allclose(both["upper"][0], known_by.double().numpy(), atol=0.8)


def test_one_seed_is_one_study() -> None:
    few = ANNEALED.model_copy(update={"images": 2, "steps": [2, 3], "tuning": 2, "codes": 4})
    first, again, other = (annealed.study({"gan": gan()}, pixels(2), few, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def memory(slip: float) -> Memory:
    kept = Images(np.array([[0, 0], [0, 255]], np.uint8).reshape(2, 1, 1, 2), np.array([0, 1]))
    none = kept[np.array([], np.int64)]
    model = Memory((1, 1, 2), slip)
    model.setup(Data(kept, none, none, 3, ()), torch_rng(0, "x"))
    return model


def test_the_memoriser_by_enumeration() -> None:
    """All nine images of two pixels on three levels, from two kept ones."""
    model, slip = memory(0.3), 0.3
    every = torch.cartesian_prod(torch.arange(3), torch.arange(3)).view(9, 1, 1, 2)
    nats = model.log_likelihood(every - 1.0, draws=1, rng=torch_rng(0, "x")).nats
    assert float(nats.exp().sum()) == pytest.approx(1)
    kept, drawn = 1 - slip + slip / 3, slip / 3
    expected = {(0, 0): kept * (kept + drawn) / 2, (0, 1): kept * drawn, (2, 2): drawn * (drawn + kept) / 2}
    for (first, second), share in expected.items():
        assert float(nats[3 * first + second].exp()) == pytest.approx(share)
    images = level_of(model.sample(20000, rng=torch_rng(0, "sample")), model.levels).flatten(1)
    counts = torch.bincount(images[:, 0] * 3 + images[:, 1], minlength=9) / len(images)
    torch.testing.assert_close(counts.double(), nats.exp(), atol=0.01, rtol=0)


def test_the_memoriser_without_slips_draws_what_it_keeps() -> None:
    drawn = quantise(memory(1e-9).sample(50, rng=torch_rng(0, "sample")), 3).flatten(1)
    assert {tuple(one) for one in drawn.tolist()} == {(0, 0), (0, 255)}

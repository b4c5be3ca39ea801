"""Gaps between the encoder's posterior, the best of its family and the true one; noise of gradients of the bound.

The gap of a VAE's bound splits in two (Cremer, Li, Duvenaud, "Inference suboptimality in variational autoencoders",
2018):

    log P(x) − ELBO(q_encoder) = [log P(x) − ELBO(q*)] + [ELBO(q*) − ELBO(q_encoder)],

the approximation gap of the family N(m, diag s²), q* its best member for this x, and the amortisation gap of having an
encoder instead of it. q* is found by gradients from the encoder's m and log s; log P(x) is IWAE with q* and many codes.
Draws of the true posterior by Hamiltonian Monte Carlo say what both Gaussians miss
(:mod:`laboratory.likelihood.posterior`). An encoder that was trained on images with noise is measured beside it
(:mod:`genbench.models.denoising_vae`).

Of the gradient of ELBO in (m, log s), with w = log P(x|z) p(z) / q(z|x) and z = m + s · noise, there are estimates

    score            w ∇ log q(z): no slope of the decoder is needed;
    score, baseline  (w − mean of the other codes' w) ∇ log q(z): of the same mean, as the baseline is independent of z;
    reparameterised  ∇ w(m + s · noise) (Kingma and Welling 2014; Rezende et al. 2014);
    path             the same without the part that moves log q directly, whose mean is 0 (Roeder, Wu, Duvenaud 2017).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench.data.pixels import scale
from genbench.models.bases.likelihood import level_of
from genbench.models.denoising_vae import DenoisingVAE
from genbench.models.vae import VAE, log_prior_ratio
from genbench.seeding import torch_rng
from laboratory.likelihood import posterior
from laboratory.likelihood.decoders import log_given
from laboratory.likelihood.marginal import log_mean, weights_under
from laboratory.likelihood.options import InferenceOptions

#: Gradients computed at once.
CHUNK = 32

Gradient = Callable[[VAE, Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def log_weights(model: VAE, index: Tensor, mean: Tensor, log_sd: Tensor, noise: Tensor) -> Tensor:
    """Compute w at codes mean + sd · noise: (..., latent) each to (...)."""
    codes = mean + log_sd.exp() * noise
    return log_given(model, index, codes) + log_prior_ratio(codes, log_sd, noise)


def fitted(
    model: VAE, images: Tensor, options: InferenceOptions, rng: torch.Generator
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Fit each image's own posterior; returns (mean, log sd) of the encoder's and of the fitted, all (N, latent)."""
    with torch.no_grad():
        start = model.encoder(images).chunk(2, dim=1)
    mean, log_sd = (part.clone().requires_grad_() for part in start)
    index = level_of(images, model.levels)[None]
    optimiser = torch.optim.Adam([mean, log_sd], lr=options.lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, options.steps)
    for _ in range(options.steps):
        noise = torch.randn(options.draws, *mean.shape, generator=rng)
        optimiser.zero_grad()
        bound = log_weights(model, index, mean, log_sd, noise).mean(0).sum()
        torch.autograd.backward(-bound)
        optimiser.step()
        schedule.step()
    return (start[0], start[1]), (mean.detach(), log_sd.detach())


def gaps(model: VAE, images: Tensor, options: InferenceOptions, seed: int) -> dict[str, Any]:
    """Measure ELBO of both posteriors and log P in nats: each image's, and means with standard errors of the gaps.

    Then both posteriors against draws of the true one.
    """
    amortised, own = fitted(model, images, options, torch_rng(seed, "inference fit"))
    weights = {
        # the same noise for both, so that their difference is of the posteriors alone
        name: weights_under(model, images, *q, options.test, torch_rng(seed, "inference test")).numpy()
        for name, q in (("amortised", amortised), ("own", own))
    }
    elbo = {name: of.mean(axis=1) for name, of in weights.items()}
    exact = log_mean(weights["own"])
    parts = {"amortisation": elbo["own"] - elbo["amortised"], "approximation": exact - elbo["own"]}
    chains = posterior.drawn(model, images, own, options.hmc, torch_rng(seed, "inference chains"))
    return {
        "images": len(images),
        "amortised": float(elbo["amortised"].mean()),
        "own": float(elbo["own"].mean()),
        "log_likelihood": float(exact.mean()),
        "gaps": {
            name: {"nats": float(of.mean()), "error": float(of.std(ddof=1) / np.sqrt(len(of))), "each": of.tolist()}
            for name, of in parts.items()
        },
        "posterior": posterior.against(model, images, {"amortised": amortised, "own": own}, exact, chains),
    }


def score(model: VAE, index: Tensor, mean: Tensor, log_sd: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Average w ∇ log q(z) over codes: the score-function gradient."""
    with torch.no_grad():
        return _scored(log_weights(model, index, mean, log_sd, noise), log_sd, noise)


def baseline(model: VAE, index: Tensor, mean: Tensor, log_sd: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Estimate the same with each code's w less the mean of the other codes' (Mnih, Rezende, 2016, for one sample)."""
    with torch.no_grad():
        w = log_weights(model, index, mean, log_sd, noise)
        others = (w.sum(0) - w) / (len(w) - 1)
        return _scored(w - others, log_sd, noise)


def _scored(w: Tensor, log_sd: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Average w times ∇ log q(z) at z = m + s · noise over codes: noise / s in m, noise² − 1 in log s."""
    return (w[..., None] * noise / log_sd.exp()).mean(0), (w[..., None] * (noise.square() - 1)).mean(0)


def reparameterised(model: VAE, index: Tensor, mean: Tensor, log_sd: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Average ∇ w(m + s · noise) over codes."""
    mean, log_sd = mean.clone().requires_grad_(), log_sd.clone().requires_grad_()
    total = log_weights(model, index, mean, log_sd, noise).mean(0).sum()
    gradients = torch.autograd.grad(total, [mean, log_sd])
    return gradients[0], gradients[1]


def path(model: VAE, index: Tensor, mean: Tensor, log_sd: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Average the slope of w through z alone over codes."""
    still = mean, log_sd
    mean, log_sd = mean.clone().requires_grad_(), log_sd.clone().requires_grad_()
    codes = mean + log_sd.exp() * noise
    inside = (codes - still[0]) / still[1].exp()  # equals the noise, and moves with the codes
    w = log_given(model, index, codes) + log_prior_ratio(codes, still[1], inside)
    gradients = torch.autograd.grad(w.mean(0).sum(), [mean, log_sd])
    return gradients[0], gradients[1]


ESTIMATORS: dict[str, Gradient] = {
    "score": score,
    "score, baseline": baseline,
    "reparameterised": reparameterised,
    "path": path,
}


def repeated(
    estimator: Gradient, model: VAE, images: Tensor, codes: int, repeats: int, rng: torch.Generator
) -> np.ndarray:
    """Draw independent gradients of the mean bound in the batch's (m, log s), (repeats, B · 2 · latent)."""
    with torch.no_grad():
        mean, log_sd = model.encoder(images).chunk(2, dim=1)
    index, parts = level_of(images, model.levels), []
    for start in range(0, repeats, CHUNK):
        size = min(CHUNK, repeats - start)
        noise = torch.randn(codes, size, *mean.shape, generator=rng)
        wide = [moments.expand(size, *moments.shape) for moments in (mean, log_sd)]
        gradients = estimator(model, index, wide[0], wide[1], noise)
        parts.append(torch.cat(gradients, dim=-1).flatten(1) / len(images))
    return torch.cat(parts).double().numpy()


def variances(model: VAE, images: Tensor, options: InferenceOptions, seed: int) -> dict[str, Any]:
    """Measure by estimator the total variance of the gradient, and the distance of its mean from the path gradient's.

    apart: root mean square over coordinates of the difference of means in its standard errors, 1 for equal means.
    """
    drawn = {
        name: repeated(of, model, images, options.codes, options.repeats, torch_rng(seed, f"inference gradient {name}"))
        for name, of in ESTIMATORS.items()
    }
    means, spreads = ({n: f(g) for n, g in drawn.items()} for f in (_mean, _variance))
    rows = {}
    for name in drawn:
        error = np.sqrt((spreads[name] + spreads["path"]) / options.repeats)
        apart = np.sqrt(np.mean(((means[name] - means["path"]) / error) ** 2))
        rows[name] = {"variance": float(spreads[name].sum()), "apart": None if name == "path" else float(apart)}
    return {
        "batch": len(images),
        "codes": options.codes,
        "repeats": options.repeats,
        "norm": float(np.linalg.norm(means["path"])),
        "estimators": rows,
    }


def _mean(gradients: np.ndarray) -> np.ndarray:
    return gradients.mean(axis=0)


def _variance(gradients: np.ndarray) -> np.ndarray:
    return gradients.var(axis=0, ddof=1)


def study(
    model: VAE, regularised: DenoisingVAE, pixels: np.ndarray, options: InferenceOptions, seed: int
) -> dict[str, Any]:
    """Study both parts on the first of the test images, and the gaps of the model with a regularised encoder."""
    images = scale(torch.from_numpy(np.array(pixels[: max(options.images, options.batch)])))
    return {
        "gap": gaps(model, images[: options.images], options, seed),
        "regularised": gaps(regularised, images[: options.images], options, seed)
        | {"input_noise": regularised.input_noise},
        "gradients": variances(model, images[: options.batch], options, seed),
    }

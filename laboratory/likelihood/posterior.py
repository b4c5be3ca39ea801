"""The true posterior of single images, by Hamiltonian Monte Carlo: what Gaussians in its place are measured against.

Chains draw codes of p(z|x) up to an error that more moves make as small as one likes, with no family in between. With
w = P(x|z) p(z) / q(z) the means of log w under q and under the posterior lie on both sides of log P(x),

    E_q log w = log P(x) − KL(q ‖ p(·|x)),   E_p(z|x) log w = log P(x) + KL(p(·|x) ‖ q),

so that the draws measure the second divergence, which q's own codes cannot: they see nothing where q never draws.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench.models.bases.hamiltonian_monte_carlo import Chains, potential_scale_reduction, sample
from genbench.models.bases.likelihood import level_of
from genbench.models.vae import VAE, log_prior_ratio
from laboratory.likelihood.decoders import log_given
from laboratory.likelihood.options import ChainsOptions

Gaussian = tuple[Tensor, Tensor]  # means and logarithms of standard deviations, (N, latent) each


def drawn(model: VAE, images: Tensor, start: Gaussian, options: ChainsOptions, rng: torch.Generator) -> Chains:
    """Draw codes of the posteriors of images (N, C, H, W) by chains that start at draws of Gaussians."""
    mean, log_sd = start
    codes = mean + log_sd.exp() * torch.randn(options.chains, *mean.shape, generator=rng)
    index = level_of(images, model.levels)
    return sample(
        lambda at: log_given(model, index, at),
        codes,
        burn=options.burn,
        kept=options.kept,
        leapfrogs=options.leapfrogs,
        rng=rng,
    )


@torch.no_grad()
def above(model: VAE, images: Tensor, of: Gaussian, chains: Chains) -> np.ndarray:
    """Compute the mean of log w at the posterior's codes, (N,) in nats: log P(x) + KL(p(·|x) ‖ q)."""
    (mean, log_sd), index = of, level_of(images, model.levels)
    parts = []
    for codes in chains.codes:  # one by one, so that memory does not grow with them
        noise = (codes - mean) / log_sd.exp()
        parts.append((log_given(model, index, codes) + log_prior_ratio(codes, log_sd, noise)).double().mean(0))
    of_images: np.ndarray = torch.stack(parts).mean(0).numpy()
    return of_images


def against(
    model: VAE, images: Tensor, gaussians: dict[str, Gaussian], log_likelihood: np.ndarray, chains: Chains
) -> dict[str, Any]:
    """Measure Gaussians, by their names, against the draws.

    scale_reduction: the largest R̂. correlation: of two coordinates of a code, root mean square. Of each Gaussian: kl:
    KL(p(·|x) ‖ q) in nats, its mean over images and standard error, by the log P(x), (N,), that is given. shift:
    distance of its means from the posterior's in the posterior's standard deviations, root mean square. width: ratio of
    its standard deviations to the posterior's, geometric mean.
    """
    codes = chains.codes.double().flatten(0, 1)
    centre, sd = codes.mean(0), codes.std(0)
    standard = ((codes - centre) / sd).transpose(0, 1)
    correlations = standard.transpose(1, 2) @ standard / (len(codes) - 1)
    apart = ~torch.eye(codes.shape[-1], dtype=torch.bool)
    rows = {}
    for name, (mean, log_sd) in gaussians.items():
        kl = above(model, images, (mean, log_sd), chains) - log_likelihood
        rows[name] = {
            "kl": {"nats": float(kl.mean()), "error": float(kl.std(ddof=1) / np.sqrt(len(kl)))},
            "shift": float(((mean - centre) / sd).square().mean().sqrt()),
            "width": float((log_sd - sd.log()).mean().exp()),
        }
    return {
        "chains": chains.codes.shape[1],
        "kept": len(chains.codes),
        "acceptance": chains.acceptance,
        "scale_reduction": float(potential_scale_reduction(chains.codes).max()),
        "correlation": float(correlations[:, apart].square().mean().sqrt()) if apart.any() else 0.0,
        "gaussians": rows,
    }

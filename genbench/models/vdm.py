"""A variational diffusion model: Kingma, Salimans, Poole, Ho (2021).

An image x on its grey levels becomes z_t = α_t x + σ_t ε, ε ~ N(0, I), with α_t² = sigmoid(−γ(t)) and
σ_t² = sigmoid(γ(t)), so that the signal-to-noise ratio is exp(−γ). γ is linear from γ_min at t = 0 to γ_max at t = 1,
and both ends are learnt. In continuous time the bound on the discrete image is (sections 3 to 5)

    −log P(x) ≤ KL(q(z_1 | x) ‖ N(0, I)) + E_q −log p(x | z_0) + ½ E_{t, ε} γ′(t) ‖ε − ε̂(z_t, γ(t))‖²,

with p(x | z_0) ∝ Π q(z_0 | x) over the grey levels of each pixel. The last term is an integral over γ, whatever the way
there (section 5.1): the schedule between the ends decides how much estimates scatter, and nothing else. Training
minimises this very bound, in bits per dimension, with the times of a batch spread evenly over [0, 1] (appendix I.1).

The network gives v̂, and the noise is ε̂ = σ_t z_t + α_t v̂: v = α_t ε − σ_t x (Salimans and Ho 2022), whose first part is
the best guess at the noise for pixels of unit variance.

Sampling goes from z_1 ~ N(0, I) through `steps` equal steps of t, from t to s by the reverse model p(z_s | z_t)
(section 3.3), with c = 1 − e^(γ_s − γ_t)

    z_s = α_s / α_t (z_t − σ_t c ε̂) + σ_s √c z,

and at t = 0 draws the grey levels from p(x | z_0).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models.bases.grey_levels import value_of
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, bits_per_dimension, level_of
from genbench.networks.blocks.unet import UNet
from genbench.options import Count, Flag, Positive, Real
from genbench.per_image_random import Share, normal_rows

FAMILY = "diffusion"

#: Times of the bound's integral in one draw.
TERMS = 8
#: Images whose grey levels are drawn at once; a pixel has a probability for each.
DECODED = 64


class VDM(LikelihoodModel):
    """`network`: states (B, C, H, W) and γ (B,), 0 and 1 at the ends that training starts with, to v̂.

    ends: γ_min and γ_max that training starts with.
    """

    def __init__(self, shape: Shape, network: nn.Module, ends: tuple[float, float], lr: float) -> None:
        super().__init__(shape)
        self.network, self._ends, self._lr = network, ends, lr
        self.low, self.span = nn.Parameter(torch.tensor(ends[0])), nn.Parameter(torch.tensor(ends[1] - ends[0]))

    def groups(self) -> dict[str, ParameterGroup]:
        return {"denoiser": ParameterGroup(list(self.parameters()), self._lr)}

    def schedule(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Return γ and its slope at times in [0, 1], of their shape."""
        span = self.span.abs()
        return self.low + span * times, span.expand_as(times)

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        times = strata(len(images), rng).to(images.device)
        nats = self.decoded(images, rng) - self.prior(images) - self.diffused(images, times, rng)
        yield Update("denoiser", bits_per_dimension(nats, self.shape).mean())

    def noise(self, states: Tensor, gamma: Tensor) -> Tensor:
        """Return ε̂, the noise that the network sees in states at γ (B,)."""
        alpha, sigma = _coefficients(gamma)
        start, end = self._ends
        seen: Tensor = self.network(states, (gamma - start) / (end - start))
        return sigma * states + alpha * seen

    def prior(self, images: Tensor) -> Tensor:
        """Return KL(q(z_1 | x) ‖ N(0, I)) of images, (B,) in nats."""
        gamma, _ = self.schedule(torch.ones_like(self.low))
        alpha_squared = torch.sigmoid(-gamma)
        return 0.5 * (alpha_squared * images.square() - alpha_squared - logsigmoid(gamma)).flatten(1).sum(1)

    def decoded(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """Return log p(x | z_0) of images at one z_0 each, (B,) in nats."""
        noise = normal_rows(*images.shape, rng=rng).to(images.device)
        gamma, _ = self.schedule(torch.zeros_like(self.low))
        logs = self._log_levels(images + (gamma / 2).exp() * noise, gamma)
        return logs.gather(-1, level_of(images, self.levels).unsqueeze(-1)).flatten(1).sum(1)

    def diffused(self, images: Tensor, times: Tensor, rng: torch.Generator) -> Tensor:
        """Return ½ γ′(t) ‖ε − ε̂‖² of images at times (B,), one ε each, (B,) in nats."""
        noise = normal_rows(*images.shape, rng=rng).to(images.device)
        gamma, slope = self.schedule(times)
        alpha, sigma = _coefficients(gamma)
        error = noise - self.noise(alpha * images + sigma * noise, gamma)
        return 0.5 * slope * error.square().flatten(1).sum(1)

    def _log_levels(self, points: Tensor, gamma: Tensor) -> Tensor:
        """Return log p(x | z_0) for all grey levels of each pixel, given z_0 / α_0: (B, C, H, W, levels)."""
        values = value_of(torch.arange(int(self.levels), device=points.device), self.levels)
        return (-(points.unsqueeze(-1) - values).square() / (2 * gamma.exp())).log_softmax(-1)

    def sample(self, n: int, *, rng: torch.Generator, steps: Count = 50) -> Tensor:
        """Draw images by `steps` ancestral steps, a call of the network each."""
        states = torch.randn(n, *self.shape, generator=rng).to(self.levels.device)
        gammas, _ = self.schedule(torch.linspace(1, 0, steps + 1, device=self.levels.device))
        for before, after in pairwise(gammas):
            (alpha, sigma), (next_alpha, next_sigma) = _coefficients(before), _coefficients(after)
            removed = -torch.expm1(after - before)
            mean = next_alpha / alpha * (states - sigma * removed * self.noise(states, before.expand(n)))
            states = mean + next_sigma * removed.sqrt() * torch.randn(states.shape, generator=rng).to(states)
        points = states / _coefficients(gammas[-1])[0]
        return torch.cat([self._draw(part, gammas[-1], rng) for part in torch.split(points, DECODED)])

    def _draw(self, points: Tensor, gamma: Tensor, rng: torch.Generator) -> Tensor:
        shares = self._log_levels(points, gamma).exp()
        index = torch.multinomial(shares.flatten(0, -2).cpu(), 1, generator=rng).view(points.shape)
        return value_of(index.to(points.device), self.levels)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        nats = torch.stack([self.decoded(images, rng) for _ in range(draws)]).mean(0) - self.prior(images)
        terms = TERMS * draws
        offset = torch.rand(len(images), generator=rng).to(images.device)
        for index in range(terms):
            nats = nats - self.diffused(images, (index + offset) / terms, rng) / terms
        return Likelihood(nats, "lower bound", "diffusion bound in continuous time")


def _coefficients(gamma: Tensor) -> tuple[Tensor, Tensor]:
    """Return α and σ at γ (B,) or of no dimension, as factors of images."""
    gamma = gamma.view(-1, 1, 1, 1)
    return torch.sigmoid(-gamma).sqrt(), torch.sigmoid(gamma).sqrt()


def strata(n: int, rng: torch.Generator) -> Tensor:
    """Draw n times (n,) in [0, 1), each uniform and all an equal distance apart.

    Processes that share a batch have its times together.
    """
    rank, world = (rng.rank, rng.world) if isinstance(rng, Share) else (0, 1)
    start = torch.rand((), generator=rng)
    return (start + (torch.arange(n) + rank * n) / (n * world)) % 1


def build(
    shape: Shape,
    *,
    width: Count,
    attention: Flag,
    gamma_min: Real = -13.3,
    gamma_max: Real = 5.0,
    lr: Positive,
) -> VDM:
    """Build a model whose denoiser is a U-Net of `width` channels at full size.

    gamma_min, gamma_max: −log of the signal-to-noise ratio of the least and of the most noise, before training; the
    defaults are the paper's for 256 grey levels.
    """
    if not gamma_min < gamma_max:
        raise InputError(
            f"gamma_min, gamma_max: expected the first below the second, got {gamma_min:g} and {gamma_max:g}"
        )
    return VDM(shape, UNet(shape, width=width, attention=attention), (gamma_min, gamma_max), lr)

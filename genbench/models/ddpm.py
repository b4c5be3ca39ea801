"""The denoising diffusion probabilistic model: Ho, Jain, Abbeel (2020).

An image x₀ becomes noise in T steps, x_t = √ᾱ_t x₀ + √(1 − ᾱ_t) ε with ε ~ N(0, I), and a network ε(x_t, t) is fitted
to the noise, E ‖ε − ε(x_t, t)‖² with t uniform on 1 … T (their L_simple, equation 14). ᾱ is that of Ho et al.
(`linear`: β_t evenly from 0.1 / T to 20 / T, theirs at T = 1000) or of Nichol and Dhariwal (2021, equation 17;
`cosine`). The network's estimate of the image is x̂ = (x_t − √(1 − ᾱ_t) ε) / √ᾱ_t, clipped to [-1, 1], where images are.

Samplers go through `steps` of the T times, first and last among them, and call the network once in each:

- `ddim` (Song, Meng, Ermon 2021, equation 12): x_s = √ᾱ_s x̂ + √(1 − ᾱ_s − v) ε + √v z, with
  v = eta² (1 − ᾱ_s) / (1 − ᾱ_t) · (1 − ᾱ_t / ᾱ_s), no noise at all at eta 0;
- `ddpm` is that at eta 1: Ho et al.'s sampler with the variance of q(x_s | x_t, x₀);
- `dpm2` follows the probability flow, whose exact solution with λ = log(√ᾱ / √(1 − ᾱ)) and σ = √(1 − ᾱ) is
  x_s = σ_s / σ_t x_t + σ_s ∫ e^λ x̂(λ) dλ: second order by a line through the last two x̂, taken at the interval's
  middle (Lu et al. 2022, DPM-Solver++; 2M). The first step, and the last, to λ = ∞, have a constant x̂.

With `classes` the network is given the class, which training leaves out with the probability `label_dropout`, and
`guidance` w samples with (1 + w) ε(x_t, t, class) − w ε(x_t, t) (Ho and Salimans 2022, equation 6), at two calls
instead of one.

The way back ends at the first time k at which the noise of x_k / √ᾱ_k has a standard deviation of at least
`lowest_noise` grey steps, in every sampler and in the likelihood. Below, x̂ has little left to see, and each step costs
the bound much, for the SNR grows fast. (Ho et al. end at k = 1, where noise is 1.28 of their 256 grey levels; Kingma et
al. 2021, variational diffusion models, learn where to end.)

The likelihood is Ho et al.'s bound (equation 5) on the discrete image, of the sampler `ddpm` in all T − k + 1 steps,

    log P(x₀) ≥ −L_T − Σ_{t=k+1}^T L_{t−1} − L_0,     L_{t−1} = ½ (SNR_{t−1} − SNR_t) E ‖x₀ − x̂(x_t, t)‖²,

where SNR = ᾱ / (1 − ᾱ), L_T = KL(q(x_T | x₀) ‖ N(0, I)), and L_0 is of a Gaussian around x̂(x_k, k) with the standard
deviation of x_k / √ᾱ_k, of which each grey level takes the part nearest to it. L_T is exact; one draw of noise gives
L_0; of the T − k terms of the sum, eight a draw are taken, evenly spaced from a random start for each image, which
has the right mean; or all of them where there are no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field, Strict
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.engine.learner import Batch, Data, Facts, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models.bases.class_shares import ClassShares
from genbench.models.bases.grey_levels import log_gaussian
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of
from genbench.networks.blocks.unet import UNet
from genbench.options import Count, Flag, Fraction, Natural, NonNegative, Positive
from genbench.per_image_random import integer_rows, normal_rows, uniform_rows

FAMILY = "diffusion"

Share = Annotated[float, Strict(), Field(ge=0, le=1)]
Schedule = Literal["linear", "cosine"]
Sampler = Literal["ddpm", "ddim", "dpm2"]


#: Terms of the bound's sum in one draw.
TERMS = 8


class DDPM(LikelihoodModel):
    """`network`: states (B, C, H, W), times t / T (B,) and labels (B,) or None to the noise in the states.

    alpha_bar: ᾱ_t for t = 0 … T, ᾱ_0 = 1. shares: the classes that there are.
    """

    alpha_bar: Tensor

    def __init__(
        self,
        shape: Shape,
        network: nn.Module,
        alpha_bar: Tensor,
        classes: int,
        label_dropout: float,
        lr: float,
        lowest_noise: float = 0.0,
    ) -> None:
        super().__init__(shape)
        self.network, self.classes, self._label_dropout, self._lr = network, classes, label_dropout, lr
        self.lowest_noise = lowest_noise
        self.register_buffer("alpha_bar", alpha_bar, persistent=False)
        self.shares = ClassShares(classes)

    @property
    def timesteps(self) -> int:
        """Number of steps T from an image to noise."""
        return len(self.alpha_bar) - 1

    @property
    def first(self) -> int:
        """k, the time at which the way from noise to an image ends, 1 to T."""
        sds = ((1 - self.alpha_bar) / self.alpha_bar).sqrt()
        return min(1 + int((sds[1:] < self.lowest_noise * 2 / (self.levels - 1)).sum()), self.timesteps)

    @property
    def of_samples(self) -> bool:
        """Without classes: samples of classes, guided ones more so, come from another distribution than the bound's."""
        return not self.classes

    def groups(self) -> dict[str, ParameterGroup]:
        return {"denoiser": ParameterGroup(list(self.parameters()), self._lr)}

    def refuse(self, facts: Facts) -> None:
        self.shares.refuse(facts)

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.shares.count(data)

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        batch = next(batches)
        times = integer_rows(1, self.timesteps + 1, len(batch.images), rng).to(batch.images.device)
        states, noise = self.noisy(batch.images, times, rng)
        labels = None
        if self.classes:
            dropped = uniform_rows(len(times), rng=rng) < self._label_dropout
            labels = batch.labels.masked_fill(dropped.to(batch.labels.device), -1)
        yield Update("denoiser", (self.network(states, times / self.timesteps, labels) - noise).square().mean())

    def noisy(self, images: Tensor, times: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw x_t of images at times (B,); return it and the noise in it."""
        noise = normal_rows(*images.shape, rng=rng).to(images)
        alpha_bar = self.alpha_bar[times].view(-1, 1, 1, 1)
        return alpha_bar.sqrt().to(images) * images + (1 - alpha_bar).sqrt().to(images) * noise, noise

    def noise(self, states: Tensor, times: Tensor, labels: Tensor | None = None, guidance: float = 0.0) -> Tensor:
        """Return the noise that the network sees in states at times (B,), guided towards the labels."""
        conditional: Tensor = self.network(states, times / self.timesteps, labels)
        if not guidance:
            return conditional
        unconditional: Tensor = self.network(states, times / self.timesteps, None)
        return (1 + guidance) * conditional - guidance * unconditional

    def predict_x0(self, states: Tensor, times: Tensor, labels: Tensor | None = None, guidance: float = 0.0) -> Tensor:
        """Return x̂, the image that the network sees in states at times (B,)."""
        alpha_bar = self.alpha_bar[times].view(-1, 1, 1, 1)
        noise = self.noise(states, times, labels, guidance)
        return ((states - (1 - alpha_bar).sqrt().to(states) * noise) / alpha_bar.sqrt().to(states)).clamp(-1, 1)

    def draw_labels(self, n: int, *, rng: torch.Generator) -> Tensor | None:
        return self.shares.draw(n, rng)

    def sample(
        self,
        n: int,
        *,
        rng: torch.Generator,
        labels: Tensor | None = None,
        sampler: Sampler = "ddpm",
        steps: Count | None = None,
        eta: Share = 0.0,
        guidance: NonNegative = 0.0,
    ) -> Tensor:
        """Draw images by `steps` of the times from T to k, by default all, or all that there are; `eta` is of ddim."""
        if guidance and not self.classes:
            raise InputError(f"guidance: expected 0 for a model without classes (train.classes: 0), got {guidance:g}")
        if eta and sampler != "ddim":
            raise InputError(f"eta: expected 0 beside sampler: {sampler}, for it is an option of ddim, got {eta:g}")
        path = self.path(self.timesteps if steps is None else steps)  # too many steps are refused before any draw
        labels = self.draw_labels(n, rng=rng) if labels is None else labels
        device = self.alpha_bar.device
        labels = None if labels is None else labels.to(device)
        states = torch.randn(n, *self.shape, generator=rng).to(device)
        previous: tuple[float, Tensor] | None = None
        for start, end in pairwise(path):
            x0 = self.predict_x0(states, torch.full((n,), start, device=device), labels, guidance)
            if sampler == "dpm2":
                states, previous = self._follow(states, x0, start, end, previous)
            else:
                states = self._step(states, x0, start, end, 1.0 if sampler == "ddpm" else eta, rng)
        return states

    def path(self, steps: int) -> list[int]:
        """Return the times that `steps` steps go through, from T to 0; the last of several is from k."""
        if steps > self.timesteps:
            raise InputError(
                f"steps: expected at most the {self.timesteps} of the model (train.timesteps), got {steps}"
            )
        way = self.timesteps - self.first
        steps = min(steps, way + 1)
        return [round(self.timesteps - way * index / max(1, steps - 1)) for index in range(steps)] + [0]

    def _step(self, states: Tensor, x0: Tensor, start: int, end: int, eta: float, rng: torch.Generator) -> Tensor:
        before, after = float(self.alpha_bar[start]), float(self.alpha_bar[end])
        noise = (states - math.sqrt(before) * x0) / math.sqrt(1 - before)
        fresh = eta**2 * (1 - after) / (1 - before) * (1 - before / after)
        states = math.sqrt(after) * x0 + math.sqrt(max(0.0, 1 - after - fresh)) * noise
        if not fresh:
            return states
        return states + math.sqrt(fresh) * torch.randn(states.shape, generator=rng).to(states)

    def _follow(
        self, states: Tensor, x0: Tensor, start: int, end: int, previous: tuple[float, Tensor] | None
    ) -> tuple[Tensor, tuple[float, Tensor]]:
        """Make one step of dpm2; `previous` is the step before: its length in λ and its x̂."""
        before, after = float(self.alpha_bar[start]), float(self.alpha_bar[end])
        if end == 0:
            return x0, (math.inf, x0)
        length = 0.5 * (math.log(after / (1 - after)) - math.log(before / (1 - before)))
        middle = x0
        if previous is not None:
            middle = x0 + (x0 - previous[1]) * (length / (2 * previous[0]))
        shrink = math.sqrt((1 - after) / (1 - before))
        return shrink * states + (math.sqrt(after) - shrink * math.sqrt(before)) * middle, (length, x0)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        alpha_bar = self.alpha_bar.to(images)
        snr = self.alpha_bar[1:] / (1 - self.alpha_bar[1:])
        left = alpha_bar[-1] * images.square() - alpha_bar[-1] - torch.log1p(-alpha_bar[-1])
        nats = -0.5 * left.flatten(1).sum(1)
        first = self.first
        nats = nats + self._decoded(images, first, float(snr[first - 1]) ** -0.5, rng)
        way = self.timesteps - first
        terms = min(TERMS * draws, way)
        offset = torch.rand(len(images), generator=rng, dtype=torch.float64).to(self.alpha_bar.device)
        for index in range(terms):
            times = first + 1 + ((index + offset) * (way / terms)).long().clamp(max=way - 1)
            error = (images - self.predict_x0(self.noisy(images, times, rng)[0], times)).square().flatten(1).sum(1)
            weight = 0.5 * (snr[times - 2] - snr[times - 1]) * (way / terms)
            nats = nats - weight.to(images) * error
        return Likelihood(nats, "lower bound", f"diffusion bound of {way + 1} steps")

    def _decoded(self, images: Tensor, first: int, sd: float, rng: torch.Generator) -> Tensor:
        """Return −L_0, the log-probability of the images (B,) in a Gaussian around x̂(x_k, k)."""
        times = torch.full((len(images),), first, device=images.device)
        x0 = self.predict_x0(self.noisy(images, times, rng)[0], times)
        return log_gaussian(level_of(images, self.levels), x0, sd, self.levels).flatten(1).sum(1)


def noise_schedule(schedule: Schedule, timesteps: int) -> Tensor:
    """Return ᾱ_t for t = 0 … T, float64; β_t = 1 − ᾱ_t / ᾱ_{t−1} is never above 0.999."""
    if schedule == "linear":
        betas = torch.linspace(0.1 / timesteps, 20 / timesteps, timesteps, dtype=torch.float64)
    else:
        angles = (torch.arange(timesteps + 1, dtype=torch.float64) / timesteps + 0.008) / 1.008 * (math.pi / 2)
        betas = 1 - (angles[1:].cos() / angles[:-1].cos()).square()
    alpha_bar = (1 - betas.clamp(max=0.999)).cumprod(0)
    return torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar])


def build(
    shape: Shape,
    *,
    width: Count,
    attention: Flag,
    timesteps: Count,
    schedule: Schedule,
    classes: Natural = 0,
    label_dropout: Fraction = 0.0,
    lowest_noise: NonNegative = 0.5,
    lr: Positive,
) -> DDPM:
    """Build a model of T = `timesteps` steps with a U-Net of `width` channels at full size.

    lowest_noise: standard deviation, in grey steps, of the noise at which the way back ends.
    classes: how many it is conditional on, 0 for none; `label_dropout` is the share of training images without theirs.
    """
    if timesteps < 2:
        raise InputError(f"timesteps: expected at least 2, got {timesteps}")
    if label_dropout and not classes:
        raise InputError(f"label_dropout: expected 0 beside classes: 0, got {label_dropout:g}")
    network = UNet(shape, width=width, attention=attention, classes=classes)
    return DDPM(shape, network, noise_schedule(schedule, timesteps), classes, label_dropout, lr, lowest_noise)

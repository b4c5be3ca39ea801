"""The vector-quantised autoencoder with an autoregressive prior: van den Oord, Vinyals, Kavukcuoglu (2017).

An encoder gives a grid of vectors, each is replaced by the nearest e_k of K code vectors, and a decoder makes the image
of the grid q(x) of those. The encoder and decoder minimise

    ‖x − decoder(q)‖² / (2 noise²) + commitment · Σ ‖encoder(x) − sg[q]‖²,

where the gradient passes q as if it were the encoder's output (equation 3). The code vectors are no parameters: each is
a running mean of the vectors that it was nearest to (their appendix A.1), with the decay `DECAY`. A code that is hardly
used any more is put where a vector of the batch is; at the first step all of them are.

The prior is a gated PixelCNN (:mod:`genbench.networks.blocks.gated_convolution`) over the grid of codes, on the codes
of each batch. In the paper it is trained after the autoencoder. Here it learns from the first step on, so that a
training of any length can be sampled from; after `autoencoder_steps` the autoencoder and its codebook rest, and the
prior, the averaged decoder and the codebook settle on one meaning of the codes.

With p(x|k) Gaussian, and each grey level the mass of its bin (:mod:`genbench.models.bases.grey_levels`),

    log P(x) = log Σ_k p(k) P(x|k) ≥ log p(k(x)) + log P(x|k(x)),

k(x) the codes that the encoder chooses: a lower bound of the likelihood, without any draw.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from genbench.data.images import Shape
from genbench.engine.learner import Batch, Facts, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models.bases.grey_levels import log_gaussian
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of
from genbench.networks.blocks.gated_convolution import Gated
from genbench.options import Count, Natural, NonNegative, Positive

FAMILY = "autoencoder"

#: Of the running means that code vectors are.
DECAY = 0.97
#: A code is restarted when its running share of the vectors is below this part of an equal share.
DEAD = 0.05


class Codebook(nn.Module):
    """`counts` (K,) and `sums` (K, D): running sums over a batch of the vectors nearest to each code."""

    counts: Tensor
    sums: Tensor

    def __init__(self, codes: int, size: int) -> None:
        super().__init__()
        self.register_buffer("counts", torch.zeros(codes))
        self.register_buffer("sums", torch.zeros(codes, size))

    @property
    def vectors(self) -> Tensor:
        """Code vectors, (K, D)."""
        return self.sums / self.counts.clamp(min=1e-12)[:, None]

    def nearest(self, grid: Tensor) -> Tensor:
        """Return the indices (B, h, w) of the codes nearest to vectors (B, D, h, w)."""
        flat, vectors = grid.movedim(1, -1), self.vectors
        with torch.autocast(grid.device.type, enabled=False):  # codes may be nearer than bfloat16 can tell
            return (vectors.square().sum(1) - 2 * flat @ vectors.T).argmin(-1)

    def look_up(self, index: Tensor) -> Tensor:
        """Return the code vectors (B, D, h, w) of indices (B, h, w)."""
        return self.vectors[index].movedim(-1, 1)

    @torch.no_grad()
    def restart(self, grid: Tensor, rng: torch.Generator) -> None:
        """Put each dead code on a random vector of the batch, each on another while there are, with an equal share."""
        flat = grid.movedim(1, -1).flatten(0, -2)
        share = len(flat) / len(self.counts)
        dead = (self.counts < DEAD * share)[:, None]
        order = torch.randperm(len(flat), generator=rng)
        index = order[torch.arange(len(self.counts)) % len(flat)].to(flat.device)
        self.sums.copy_(torch.where(dead, share * flat[index], self.sums))
        self.counts.copy_(torch.where(dead[:, 0], share, self.counts))

    @torch.no_grad()
    def observe(self, grid: Tensor, index: Tensor) -> None:
        """Let a batch of vectors (B, D, h, w) into the running means of their codes (B, h, w)."""
        nearest = one_hot(index.flatten(), len(self.counts)).to(grid.dtype)
        self.counts.lerp_(nearest.sum(0), 1 - DECAY)
        with torch.autocast(grid.device.type, enabled=False):
            self.sums.lerp_(nearest.T @ grid.movedim(1, -1).flatten(0, -2), 1 - DECAY)


class VQVAE(LikelihoodModel):
    """An autoencoder through a codebook, and a prior over the grids of codes."""

    def __init__(
        self,
        shape: Shape,
        autoencoder: tuple[nn.Module, nn.Module],
        codebook: Codebook,
        prior: Gated,
        grid: tuple[int, int],
        noise: float,
        commitment: float,
        autoencoder_steps: int,
        rates: tuple[float, float],
    ) -> None:
        super().__init__(shape)
        self.encoder, self.decoder = autoencoder
        self.codebook, self.prior, self.grid = codebook, prior, grid
        self.noise, self.commitment, self.autoencoder_steps, self._rates = noise, commitment, autoencoder_steps, rates

    def groups(self) -> dict[str, ParameterGroup]:
        both = [*self.encoder.parameters(), *self.decoder.parameters()]
        return {
            "autoencoder": ParameterGroup(both, self._rates[0]),
            "prior": ParameterGroup(list(self.prior.parameters()), self._rates[1]),
        }

    def refuse(self, facts: Facts) -> None:
        codes, places = len(self.codebook.counts), math.prod(self.grid)
        if facts.images is not None and codes > facts.images * places:
            raise InputError(
                f"vqvae: codes: more codes than data: expected at most {facts.images * places} "
                f"({facts.images} training images of {self.grid[0]}×{self.grid[1]} places), got {codes}"
            )

    def phases(self) -> tuple[int, ...]:
        return 1, self.autoencoder_steps + 1

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        with torch.set_grad_enabled(step <= self.autoencoder_steps):
            grid = self.encoder(images)
        if step <= self.autoencoder_steps:
            self.codebook.restart(grid.detach(), rng)
        index = self.codebook.nearest(grid.detach())
        if step <= self.autoencoder_steps:
            yield Update("autoencoder", self._loss(images, grid, index).mean())
            self.codebook.observe(grid.detach(), index)
        yield Update("prior", self._prior_nll(index).mean())

    def whole_batch(self) -> str:
        return "the codebook learns from the vectors of each batch"

    def _loss(self, images: Tensor, grid: Tensor, index: Tensor) -> Tensor:
        quantised = self.codebook.look_up(index)
        passed = grid + (quantised - grid).detach()
        error = (images - self.decoder(passed)).square().flatten(1).sum(1) / (2 * self.noise**2)
        return error + self.commitment * (grid - quantised).square().flatten(1).sum(1)

    def _prior_nll(self, index: Tensor) -> Tensor:
        """Return −log p of grids of codes (B, h, w) under the prior, (B,) in nats."""
        logits = self.prior(self.codebook.look_up(index))
        return cross_entropy(logits, index, reduction="none").flatten(1).sum(1)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        return Likelihood(self.log_joint(images, self.encode(images)), "lower bound", "the codes of the encoder alone")

    def log_joint(self, images: Tensor, index: Tensor) -> Tensor:
        """Return log p(k) + log P(x|k) of images and grids of codes (B, h, w), (B,) in nats."""
        pixels = log_gaussian(level_of(images, self.levels), self.decode(index), self.noise, self.levels)
        return pixels.flatten(1).sum(1) - self._prior_nll(index)

    def encode(self, images: Tensor) -> Tensor:
        """Return the grids of codes of images, (B, h, w) int64."""
        return self.codebook.nearest(self.encoder(images))

    def decode(self, codes: Tensor) -> Tensor:
        """Return the decoder's means (B, C, H, W) at grids of codes (B, h, w)."""
        images: Tensor = self.decoder(self.codebook.look_up(codes))
        return images

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Decode grids of codes that are drawn from the prior one position after the other, by inversion."""
        vectors = self.codebook.vectors
        uniform = torch.rand(*self.grid, n, 1, generator=rng).to(vectors.device)
        quantised = vectors.new_zeros(n, vectors.shape[1], *self.grid)
        for row, column, logits in self.prior.walk(quantised):
            ends = logits.softmax(1).cumsum(1)[:, :-1]
            quantised[:, :, row, column] = vectors[(ends <= uniform[row, column]).sum(1)]
        images: Tensor = self.decoder(quantised)
        return images


class Residual(nn.Module):
    """x + f(x), f two convolutions that keep the size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 1)
        )

    def forward(self, grid: Tensor) -> Tensor:
        new: Tensor = grid + self.body(grid)
        return new


def encoder(channels: int, width: int, size: int, halvings: int) -> nn.Module:
    """Build a network from images (B, C, H, W) to grids of vectors (B, size, H / 2^halvings, W / 2^halvings)."""
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1)]
    for _ in range(halvings):
        layers += [nn.ReLU(), nn.Conv2d(width, width, 4, stride=2, padding=1)]
    return nn.Sequential(*layers, Residual(width), nn.ReLU(), nn.Conv2d(width, size, 1))


def decoder(channels: int, width: int, size: int, halvings: int) -> nn.Module:
    """Build the network back, to images in [-1, 1]."""
    layers: list[nn.Module] = [nn.Conv2d(size, width, 3, padding=1), Residual(width)]
    for _ in range(halvings):
        layers += [nn.ReLU(), nn.ConvTranspose2d(width, width, 4, stride=2, padding=1)]
    return nn.Sequential(*layers, nn.ReLU(), nn.Conv2d(width, channels, 3, padding=1), nn.Tanh())


def build(
    shape: Shape,
    *,
    width: Count,
    halvings: Natural,
    codes: Count,
    code_size: Count,
    noise: Positive,
    commitment: NonNegative = 0.25,
    autoencoder_steps: Count,
    prior_width: Count,
    prior_layers: Count,
    lr: Positive,
    prior_lr: Positive,
) -> VQVAE:
    """Build a VQ-VAE of `codes` code vectors of `code_size` numbers, on a grid that halves the image `halvings` times.

    noise: the decoder's standard deviation on the scale where pixels span [-1, 1]. width: features of the encoder and
    decoder. autoencoder_steps: the steps in which they learn.
    """
    channels, *sides = shape
    if any(side % 2**halvings for side in sides):
        raise InputError(
            f"vqvae: halvings: expected how often {sides[0]}×{sides[1]} pixels can be halved at most, got {halvings}"
        )
    grid = (sides[0] >> halvings, sides[1] >> halvings)
    autoencoder = encoder(channels, width, code_size, halvings), decoder(channels, width, code_size, halvings)
    prior = Gated(code_size, codes, width=prior_width, layers=prior_layers, kernel=3)
    codebook = Codebook(codes, code_size)
    return VQVAE(shape, autoencoder, codebook, prior, grid, noise, commitment, autoencoder_steps, (lr, prior_lr))

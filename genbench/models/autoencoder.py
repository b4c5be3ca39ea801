"""The autoencoder that samples from a Gaussian fitted to its codes: what a VAE must beat.

Minimises ‖x − decoder(encoder(x))‖², and nothing asks the codes to have a distribution that one can draw from
(Hinton and Salakhutdinov 2006). Samples are decoder(m + R ε) with ε standard normal and N(m, R Rᵀ) fitted to the codes
of the training images, as in Ghosh et al., "From variational to deterministic autoencoders" (2020), section 4, who use
it after training.

The encoder moves while it learns, and samples are wanted along the way. m and the second moment are therefore running
averages of each batch's, with the decay `DECAY` and no bias of the start; they are buffers, so that they are saved with
the weights. They lag behind as the averaged weights of the decoder do, which they go with. There is no likelihood.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.models import Model
from genbench.models.bases.codes import normal
from genbench.options import Count, Positive, Reference, build as build_member

FAMILY = "autoencoder"

#: Of the running moments of the codes; the loop's averaged weights have about this one after a thousand steps.
DECAY = 0.99


class Autoencoder(Model):
    """`first` (latent,), `second` (latent, latent): running sums of z and z zᵀ over codes, of total weight `weight`."""

    first: Tensor
    second: Tensor
    weight: Tensor

    def __init__(self, shape: Shape, decoder: nn.Module, encoder: nn.Module, latent: int, lr: float) -> None:
        super().__init__(shape)
        self.decoder, self.encoder = decoder, encoder
        self.latent, self._lr = latent, lr
        self.register_buffer("first", torch.zeros(latent, dtype=torch.float64))
        self.register_buffer("second", torch.zeros(latent, latent, dtype=torch.float64))
        self.register_buffer("weight", torch.zeros((), dtype=torch.float64))

    def groups(self) -> dict[str, ParameterGroup]:
        return {"autoencoder": ParameterGroup(list(self.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        codes = self.encoder(images)
        self.observe(codes.detach().double())
        yield Update("autoencoder", (images - self.decoder(codes)).square().flatten(1).sum(1).mean())

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        self.decode(self.encode(batch.images))

    def whole_batch(self) -> str:
        return "the Gaussian is fitted to the codes of each batch"

    def observe(self, codes: Tensor) -> None:
        """Let a batch of codes (B, latent), float64, into the running moments."""
        self.first.lerp_(codes.mean(0), 1 - DECAY)
        self.second.lerp_(codes.T @ codes / len(codes), 1 - DECAY)
        self.weight.lerp_(torch.ones_like(self.weight), 1 - DECAY)

    def fitted(self) -> tuple[Tensor, Tensor]:
        """Return m (latent,) and the symmetric root R (latent, latent) of the covariance, R Rᵀ."""
        mean = self.first / self.weight
        covariance = self.second / self.weight - torch.outer(mean, mean)
        values, vectors = torch.linalg.eigh(covariance)
        spread = values.clamp(min=0).sqrt()  # a code that never varies has a zero up to rounding
        return mean, (vectors * spread) @ vectors.T

    def encode(self, images: Tensor) -> Tensor:
        """Return the codes of images, (B, latent)."""
        codes: Tensor = self.encoder(images)
        return codes

    def decode(self, codes: Tensor) -> Tensor:
        """Return the images of codes (B, latent), (B, C, H, W)."""
        images: Tensor = self.decoder(codes)
        return images

    def codes(self, n: int, rng: torch.Generator, psi: float | None) -> Tensor:
        """Draw n codes of the Gaussian, (n, latent)."""
        mean, root = self.fitted()
        noise = normal(n, self.latent, rng=rng, psi=psi).to(mean)
        return (mean + noise @ root.T).float()

    def sample(self, n: int, *, rng: torch.Generator, psi: Positive | None = None) -> Tensor:
        """Decode codes drawn from the Gaussian; `psi` truncates ε (:mod:`genbench.models.bases.codes`)."""
        return self.decode(self.codes(n, rng, psi))


def build(shape: Shape, *, network: Reference, latent: Count, lr: Positive) -> Autoencoder:
    """Build an autoencoder of `latent` numbers an image."""
    decoder, encoder = build_member("networks", network, shape, latent, latent)
    return Autoencoder(shape, decoder, encoder, latent, lr)

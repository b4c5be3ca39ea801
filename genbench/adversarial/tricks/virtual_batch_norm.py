"""Virtual batch normalisation: Salimans et al. (2016), section 3.5.

Each generated image is normalised by the statistics of a reference batch, drawn once, and of itself, weighted as one
more image of that batch: it no longer depends on the others that happen to be generated with it. Every pass of the
generator carries the reference batch along, so only the generator has it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from genbench.adversarial.tricks import Trick
from genbench.errors import InputError
from genbench.networks import Critic
from genbench.options import Count

EXAMPLES = ({"images": 8},)


class VirtualBatchNorm(nn.Module):
    """Normalises (R + B, channels, ...), of which the first R rows are the reference batch; affine as `plain` is."""

    def __init__(self, plain: _BatchNorm, reference: int) -> None:
        super().__init__()
        self.weight, self.bias = plain.weight, plain.bias
        self._reference, self._eps = reference, plain.eps

    def forward(self, inputs: Tensor) -> Tensor:
        rows = inputs.flatten(2) if inputs.dim() > 2 else inputs.unsqueeze(2)
        reference, live = rows[: self._reference], rows[self._reference :]
        mean = reference.mean((0, 2))
        variance = (reference - mean.unsqueeze(1)).square().mean((0, 2))
        share = 1 / (self._reference + 1)
        means = torch.lerp(mean, live.mean(2), share)
        # about the joint mean, so that nothing cancels: E(x − m)² = var x + (mean x − m)²
        own = (live - means.unsqueeze(2)).square().mean(2)
        variances = torch.lerp(variance + (mean - means).square(), own, share)
        normalised = torch.cat(
            [self._scaled(reference, mean.expand(len(reference), -1), variance), self._scaled(live, means, variances)]
        )
        return normalised.view_as(inputs)

    def _scaled(self, rows: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        scale = self.weight * torch.rsqrt(variance + self._eps)
        return (rows - mean.unsqueeze(2)) * scale.unsqueeze(-1) + self.bias.unsqueeze(1)


class Referenced(nn.Module):
    """A generator that takes a reference batch of codes through every pass."""

    reference: Tensor

    def __init__(self, generator: nn.Module, images: int, latent: int) -> None:
        super().__init__()
        self.generator = generator
        self.register_buffer("reference", torch.zeros(images, latent))

    def forward(self, codes: Tensor) -> Tensor:
        images: Tensor = self.generator(torch.cat([self.reference, codes]))
        return images[len(self.reference) :]


class VirtualBatchNormalisation(Trick):
    """The generator's batch normalisation becomes virtual."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self._images = images

    def networks(self, generator: nn.Module, critic: Critic, latent: int) -> tuple[nn.Module, Critic]:
        if not _replace(generator, self._images):
            raise InputError("trick virtual_batch_norm: the generator has no batch normalisation to replace")
        return Referenced(generator, self._images, latent), critic

    def setup(self, generator: nn.Module, rng: torch.Generator) -> None:
        reference = generator.get_buffer("reference")
        reference.copy_(torch.randn(reference.shape, generator=rng))


def _replace(module: nn.Module, reference: int) -> int:
    """Make each batch normalisation below `module` virtual and return their number."""
    replaced = 0
    for name, child in module.named_children():
        if isinstance(child, _BatchNorm):
            if not child.affine:
                raise InputError("trick virtual_batch_norm: expected plain batch normalisation, got a conditional one")
            setattr(module, name, VirtualBatchNorm(child, reference))
            replaced += 1
        else:
            replaced += _replace(child, reference)
    return replaced


def build(*, images: Count) -> VirtualBatchNormalisation:
    """Build the trick with a reference batch of `images`."""
    return VirtualBatchNormalisation(images)

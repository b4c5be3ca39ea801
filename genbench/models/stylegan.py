"""StyleGAN: Karras et al. (2019), and with path length regularisation StyleGAN2: Karras et al. (2020).

The game is that of :mod:`genbench.models.gan`; its generator is style-based
(:mod:`genbench.networks.blocks.style`), which allows for more:

- Style mixing in training: with probability `mixing` the layers from a random one on have the style of another code.
- ŵ, a running mean of the styles of training. Sampling with `psi` draws w' = ŵ + ψ (w − ŵ): ψ = 0 is the image of the
  mean style and 1 changes no bit, because the sum is computed as an interpolation.
- Path length regularisation (:mod:`genbench.adversarial.path_length`), on half of a batch.

Noise is no part of a code: it is drawn beside it, from the stream that the code comes from, so that the same code keeps
its style with any noise and equal seeds give equal images.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import AdversarialLoss, build as build_loss
from genbench.adversarial.path_length import PathLength
from genbench.adversarial.tricks import Tricks
from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.models.gan import GAN, join
from genbench.networks import Critic
from genbench.networks.blocks.style import StyleGenerator
from genbench.options import Betas, Count, Fraction, NonNegative, Positive, Reference, build as build_member, name_of
from genbench.per_image_random import integer_rows, normal_rows, uniform_rows

FAMILY = "other GAN"

#: Share of the running mean of styles that a batch replaces, in the authors' program.
SHARE = 0.005
#: The path lengths of a batch are taken on one image of so many.
SHRINK = 2


class StyleGAN(GAN):
    """A style-based generator and a critic; `mean_style`, (latent,), is ŵ."""

    generator: StyleGenerator
    mean_style: Tensor

    def __init__(
        self,
        shape: Shape,
        networks: tuple[StyleGenerator, Critic],
        loss: AdversarialLoss,
        tricks: Tricks,
        latent: int,
        rates: tuple[float, float],
        betas: tuple[float, float],
        mixing: float,
        path_length: PathLength,
    ) -> None:
        super().__init__(shape, networks, loss, tricks, latent, 1, rates, betas, "adam")
        self._mixing, self.path_length = mixing, path_length
        self.register_buffer("mean_style", torch.zeros(latent))

    def generator_loss(self, real: Tensor, fake: Tensor, labels: Tensor, rng: torch.Generator, step: int) -> Tensor:
        loss = super().generator_loss(real, fake, labels, rng, step)
        if not self.path_length.is_due(step):
            return loss
        styles = self.styles(max(1, len(fake) // SHRINK), rng)
        return loss + self.path_length.penalty(self._synthesise(styles, rng), styles, rng)

    def whole_batch(self) -> str:
        return "the running mean of styles is over a batch"

    def networks(self) -> list[nn.Module]:
        return []  # halves of the generator are called, and penalties differentiate a gradient

    def styles(self, n: int, rng: torch.Generator, psi: float | None = None) -> Tensor:
        """Draw the styles of n images, (n, layers, latent), pulled to the mean style by `psi`.

        In training mode the mean style follows them, and some are mixed.
        """
        layers, drawn = self.generator.synthesis.layers, self._map(n, rng)
        if self.training:
            self.mean_style.lerp_(drawn.detach().mean(0), SHARE)
        if psi is not None:
            drawn = torch.lerp(self.mean_style, drawn, psi)
        styles = drawn.unsqueeze(1).expand(-1, layers, -1)
        if not (self.training and self._mixing):
            return styles
        first, mixed = integer_rows(1, layers, n, rng), uniform_rows(n, rng=rng) < self._mixing
        others = (torch.arange(layers) >= first.cpu().unsqueeze(1)) & mixed.cpu().unsqueeze(1)
        return torch.where(others.unsqueeze(2).to(styles.device), self._map(n, rng).unsqueeze(1), styles)

    def generate(self, n: int, rng: torch.Generator, psi: float | None = None, labels: Tensor | None = None) -> Tensor:
        """Draw n images, (n, C, H, W) in [-1, 1], with noise of their own; see :meth:`styles` for psi and training."""
        del labels
        return self._synthesise(self.styles(n, rng, psi), rng)

    def sample(self, n: int, *, rng: torch.Generator, psi: NonNegative | None = None) -> Tensor:  # type: ignore[override]
        """Draw n images; `psi` interpolates between the mean style (0) and each image's own (1)."""
        return self.generate(n, rng, psi)

    def _map(self, n: int, rng: torch.Generator) -> Tensor:
        styles: Tensor = self.generator.mapping(self.codes(n, rng, None).to(self.mean_style.device))
        return styles

    def _synthesise(self, styles: Tensor, rng: torch.Generator) -> Tensor:
        synthesis = self.generator.synthesis
        noise = normal_rows(len(styles), synthesis.fixed_noise.shape[1], rng=rng)
        images: Tensor = synthesis(styles, noise.to(styles.device))
        return images


def build(
    shape: Shape,
    *,
    objective: Reference,
    penalties: list[Reference] = [],  # noqa: B006 - never changed
    tricks: list[Reference] = [],  # noqa: B006
    network: Reference,
    latent: Count,
    mixing: Fraction = 0.9,
    path_length: NonNegative = 0.0,
    path_length_every: Count = 4,
    lr: Positive,
    critic_lr: Positive | None = None,
    betas: Betas,
) -> StyleGAN:
    """Build a StyleGAN of a style-based network; `lr` is the generator's rate, and the critic's without `critic_lr`.

    mixing: probability of styles of two codes in one image. path_length: weight of that penalty, 2 in StyleGAN2.
    path_length_every: steps from one that has it to the next. latent: numbers of a code, and of a style.
    """
    joined = join(tricks)
    generator, critic = build_member("networks", network, shape, latent, 1)
    generator, critic = joined.networks(generator, critic, latent)
    if not isinstance(generator, StyleGenerator):
        raise InputError(f"model stylegan: network: expected one with styles, stylegan2 say, got {name_of(network)}")
    joined.attach(generator, critic)
    loss, rates = build_loss(objective, penalties, critic), (lr, lr if critic_lr is None else critic_lr)
    path = PathLength(path_length, path_length_every)
    return StyleGAN(shape, (generator, critic), loss, joined, latent, rates, betas, mixing, path)

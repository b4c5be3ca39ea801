"""pix2pix: Isola, Zhu, Zhou, Efros (2017), "Image-to-image translation with conditional adversarial networks".

A U-Net G (:mod:`genbench.networks.blocks.skip_unet`) translates a source x, and a critic of patches D
(:mod:`genbench.networks.blocks.patch_critic`) sees the source beside an image. G minimises

    L_gen(D(x, G(x))) + l1 · E |y − G(x)| + perceptual · ℓ(G(x), y)

(equations 1 to 4; l1 = 100 in the paper), D tells pairs (x, y) from pairs (x, G(x)). Dropout in G is the only noise,
and is there at sampling too (section 3.1). In each step the critic learns first, by the same translations.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from genbench.adversarial.adversarial_loss import AdversarialLoss, build as build_loss
from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.models.bases.perceptual_term import PerceptualTerm, build as build_perceptual
from genbench.models.bases.translator import Translator
from genbench.networks._parts import CriticNorm
from genbench.networks.blocks.patch_critic import PatchCritic, build as build_critic
from genbench.networks.blocks.skip_unet import SkipUNet
from genbench.options import Count, Fraction, NonNegative, Positive, Reference

FAMILY = "paired translation"

#: Decays of adam's moments (section 3.3).
BETAS = (0.5, 0.999)


class Pix2Pix(Translator):
    """A U-Net with dropout against a critic of patches, which sees source and image together, and no image alone."""

    learns_pairs = True

    def __init__(
        self,
        shape: Shape,
        generator: SkipUNet,
        critic: PatchCritic,
        game: AdversarialLoss,
        perceptual: PerceptualTerm,
        l1: float,
        rates: tuple[float, float],
    ) -> None:
        super().__init__(shape)
        self.generator, self.pair_critic = generator, critic
        self.game, self.perceptual, self.l1, self._rates = game, perceptual, l1, rates

    def groups(self) -> dict[str, ParameterGroup]:
        return {
            name: ParameterGroup(list(network.parameters()), rate, BETAS)
            for (name, network), rate in zip(
                (("generator", self.generator), ("critic", self.pair_critic)), self._rates, strict=True
            )
        }

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        batch = next(batches)
        sources, targets = batch.sources, batch.images
        assert sources is not None
        fake = self.generator(sources, rng)
        real, judged = torch.cat([sources, targets], 1), torch.cat([sources, fake.detach()], 1)
        yield Update("critic", self.game.critic_loss(self.pair_critic, real, judged, rng))
        yield Update("generator", self.generator_loss(sources, targets, fake))

    def generator_loss(self, sources: Tensor, targets: Tensor, fake: Tensor) -> Tensor:
        """Return what the generator minimises for its translations `fake`, a scalar; all are (B, C, H, W)."""
        real, judged = torch.cat([sources, targets], 1), torch.cat([sources, fake], 1)
        loss = self.game.generator_loss(self.pair_critic, real, judged) + self.l1 * l1_loss(fake, targets)
        return self.perceptual.added(loss, fake, targets)

    def after_update(self, group: str, step: int) -> None:
        if group == "critic":
            self.game.constrain(self.pair_critic)

    def translate(self, sources: Tensor, *, rng: torch.Generator) -> Tensor:
        images: Tensor = self.generator(sources, rng)
        return images

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        assert batch.sources is not None
        for images in (batch.images, self.generator(batch.sources, rng)):
            self.pair_critic(torch.cat([batch.sources, images], 1))

    def notes(self) -> tuple[str, ...]:
        return self.perceptual.notes("pix2pix")

    def networks(self) -> list[nn.Module]:
        return [self.pair_critic]  # the generator draws what it drops


def build(
    shape: Shape,
    *,
    width: Count,
    halvings: Count,
    dropout: Fraction = 0.5,
    l1: NonNegative = 100.0,
    critic_objective: Reference,
    receptive_field: Count,
    critic_width: Count,
    critic_norm: CriticNorm = "batch",
    extractor: Reference | None = None,
    perceptual_layers: tuple[str, ...] = (),
    perceptual: NonNegative = 0.0,
    lr: Positive,
    critic_lr: Positive,
) -> Pix2Pix:
    """Build a pix2pix; width, halvings, extractor, perceptual_layers and perceptual as of a regression.

    dropout: the share of units that are dropped, also in sampling. l1: weight of the absolute error. critic_objective:
    the game's. receptive_field: pixels a side that the critic judges.
    """
    generator = SkipUNet(shape, width=width, halvings=halvings, dropout=dropout)
    seen = (2 * shape[0], *shape[1:])
    critic = build_critic(seen, 1, receptive_field=receptive_field, width=critic_width, critic_norm=critic_norm)
    game, term = build_loss(critic_objective, [], critic), build_perceptual(extractor, perceptual_layers, perceptual)
    return Pix2Pix(shape, generator, critic, game, term, l1, (lr, critic_lr))

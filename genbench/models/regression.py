"""Baseline of translation: a U-Net (:mod:`genbench.networks.blocks.skip_unet`) by the absolute error alone.

It minimises L₁ = E |y − G(x)| over pairs of a source x and its target y, the mean over all numbers of an image (Isola,
Zhu, Zhou, Efros 2017, equation 3, without the game and without noise). Where several targets fit a source, its best
guess is the median of each number, a blurred image. The perceptual loss may be added:

    L₁ + perceptual · ℓ(G(x), y).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from genbench.data.images import Shape
from genbench.engine.learner import Batch, Data, ParameterGroup, Update
from genbench.models.bases.perceptual_term import PerceptualTerm, build as build_perceptual
from genbench.models.bases.translator import Translator
from genbench.networks.blocks.skip_unet import SkipUNet
from genbench.options import Count, NonNegative, Positive, Reference

FAMILY = "paired translation"

#: Decays of adam's moments, those of the paper's games.
BETAS = (0.5, 0.999)


class Regression(Translator):
    """A U-Net from sources to targets."""

    learns_pairs = True

    def __init__(self, shape: Shape, generator: SkipUNet, perceptual: PerceptualTerm, lr: float) -> None:
        super().__init__(shape)
        self.generator, self.perceptual, self._lr = generator, perceptual, lr

    def groups(self) -> dict[str, ParameterGroup]:
        return {"generator": ParameterGroup(list(self.generator.parameters()), self._lr, BETAS)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        batch = next(batches)
        assert batch.sources is not None
        yield Update("generator", self.error(self.generator(batch.sources), batch.images))

    def error(self, images: Tensor, targets: Tensor) -> Tensor:
        """Return what translations (B, C, H, W) are wrong by, a scalar."""
        return self.perceptual.added(l1_loss(images, targets), images, targets)

    def translate(self, sources: Tensor, *, rng: torch.Generator) -> Tensor:
        images: Tensor = self.generator(sources)
        return images

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        self.generator(batch.sources)

    def validate(self, data: Data, rng: torch.Generator) -> float | None:
        """Return the mean absolute error, what is minimised, on validation pairs."""
        translated = self.of_validation(data, rng)
        return None if translated is None else float(l1_loss(*translated))

    def notes(self) -> tuple[str, ...]:
        return self.perceptual.notes("regression")

    def networks(self) -> list[nn.Module]:
        return [self.generator]


def build(
    shape: Shape,
    *,
    width: Count,
    halvings: Count,
    extractor: Reference | None = None,
    perceptual_layers: tuple[str, ...] = (),
    perceptual: NonNegative = 0.0,
    lr: Positive,
) -> Regression:
    """Build a regression.

    width: channels after the first halving. extractor, perceptual_layers: the network and its modules that the
    perceptual loss compares; perceptual: its weight, 0 for none.
    """
    generator = SkipUNet(shape, width=width, halvings=halvings, dropout=0.0)
    return Regression(shape, generator, build_perceptual(extractor, perceptual_layers, perceptual), lr)

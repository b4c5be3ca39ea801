"""CycleGAN: Zhu, Park, Isola, Efros (2017), translation between two sets of images of which no pairs are known.

Two generators, G from sources x to targets and F from targets y to sources, and a critic of patches of either side
(:mod:`genbench.networks.blocks.patch_critic`). The generators minimise

    L_gen(D_Y(G(x))) + L_gen(D_X(F(y))) + cycle · L_cyc + identity · (E |G(y) − y| + E |F(x) − x|),
    L_cyc = E |F(G(x)) − x| + E |G(F(y)) − y|

(equations 1 to 3 and section 5.2; cycle = 10); a perceptual loss may be added to each of the two parts of L_cyc. The
critics see images from a history of 50 (:mod:`genbench.models.bases.image_history`). The objective least_squares has
the factor ½ by which the paper slows the critics down; the generators' part of it has that factor here alone. Learning
rates stay as they are, where the paper lets them fall to 0 in the second half.

No pair is ever seen: sources and targets of a batch are of different images. Any pair of inverses has a cycle loss of
0, so that which target belongs to a source is not identified by these losses, but by what the networks learn easily.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from genbench.adversarial.adversarial_loss import AdversarialLoss, build as build_loss
from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.models.bases.image_history import ImageHistory
from genbench.models.bases.perceptual_term import PerceptualTerm, build as build_perceptual
from genbench.models.bases.translator import Translator
from genbench.networks._parts import CriticNorm
from genbench.networks.blocks.patch_critic import PatchCritic, build as build_critic
from genbench.networks.blocks.residual_translator import ResidualTranslator
from genbench.options import Count, Natural, NonNegative, Positive, Reference

FAMILY = "unpaired translation"

#: Decays of adam's moments, of the paper's program.
BETAS = (0.5, 0.999)
UNIDENTIFIED = (
    "cyclegan sees no pair. Which target belongs to a source is not identified by what it minimises: any two inverse "
    "maps between both sets of images have the same value, such as the translation followed by a mirror."
)


class Generated(Translator):
    """A translation by one generator."""

    def __init__(self, shape: Shape, generator: nn.Module) -> None:
        super().__init__(shape)
        self.generator = generator

    def translate(self, sources: Tensor, *, rng: torch.Generator) -> Tensor:
        images: Tensor = self.generator(sources)
        return images


class CycleGAN(Generated):
    """Two generators and two critics; `generator` goes from sources to targets, `returning` back."""

    def __init__(
        self,
        shape: Shape,
        generators: tuple[nn.Module, nn.Module],
        critics: tuple[PatchCritic, PatchCritic],
        game: AdversarialLoss,
        perceptual: PerceptualTerm,
        weights: tuple[float, float],
        history: int,
        rates: tuple[float, float],
    ) -> None:
        super().__init__(shape, generators[0])
        self.returning = generators[1]
        self.target_critic, self.source_critic = critics
        self.target_history, self.source_history = (ImageHistory(history, shape) for _ in range(2))
        self.game, self.perceptual, self._rates = game, perceptual, rates
        self.cycle, self.identity = weights

    def inverse(self) -> Translator:
        return Generated(self.shape, self.returning)

    def groups(self) -> dict[str, ParameterGroup]:
        networks = {
            "generators": (self.generator, self.returning),
            "critics": (self.target_critic, self.source_critic),
        }
        return {
            name: ParameterGroup(list(chain.from_iterable(one.parameters() for one in both)), rate, BETAS)
            for (name, both), rate in zip(networks.items(), self._rates, strict=True)
        }

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        batch = next(batches)
        x, y = batch.sources, batch.images
        assert x is not None
        to_y, to_x = self.generator(x), self.returning(y)
        loss = self.game.generator_loss(self.target_critic, y, to_y)
        loss = loss + self.game.generator_loss(self.source_critic, x, to_x)
        loss = loss + self.cycle * self.cycle_loss(x, y, to_y, to_x)
        if self.identity:
            loss = loss + self.identity * (l1_loss(self.generator(y), y) + l1_loss(self.returning(x), x))
        yield Update("generators", loss)
        shown_y, shown_x = self.target_history.exchange(to_y, rng), self.source_history.exchange(to_x, rng)
        loss = self.game.critic_loss(self.target_critic, y, shown_y, rng)
        yield Update("critics", loss + self.game.critic_loss(self.source_critic, x, shown_x, rng))

    def cycle_loss(self, x: Tensor, y: Tensor, to_y: Tensor, to_x: Tensor) -> Tensor:
        """Return L_cyc with its perceptual term, a scalar; to_y = G(x) and to_x = F(y), all (B, C, H, W)."""
        there, here = self.returning(to_y), self.generator(to_x)
        loss = self.perceptual.added(l1_loss(there, x), there, x)
        return self.perceptual.added(loss + l1_loss(here, y), here, y)

    def after_update(self, group: str, step: int) -> None:
        if group == "critics":
            self.game.constrain(self.target_critic)
            self.game.constrain(self.source_critic)

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        for images in (batch.images, self.generator(batch.sources)):
            self.target_critic(images)
        for images in (batch.sources, self.returning(batch.images)):
            self.source_critic(images)

    def whole_batch(self) -> str:
        return "the history keeps the images of one process" if len(self.target_history.images) else ""

    def notes(self) -> tuple[str, ...]:
        return UNIDENTIFIED, *self.perceptual.notes("cyclegan")

    def networks(self) -> list[nn.Module]:
        return [self.generator, self.returning, self.target_critic, self.source_critic]


def build(
    shape: Shape,
    *,
    width: Count,
    halvings: Natural,
    blocks: Count,
    cycle: NonNegative = 10.0,
    identity: NonNegative = 0.0,
    history: Natural = 50,
    critic_objective: Reference,
    receptive_field: Count,
    critic_width: Count,
    critic_norm: CriticNorm = "layer",
    extractor: Reference | None = None,
    perceptual_layers: tuple[str, ...] = (),
    perceptual: NonNegative = 0.0,
    lr: Positive,
    critic_lr: Positive,
) -> CycleGAN:
    """Build a CycleGAN.

    width: channels of a generator at full size. blocks: residual ones of each. cycle, identity: weights of these
    losses; the paper has 10, and 5 for the identity where it is used. history: images that are kept for each critic, 0
    for none. critic_objective, receptive_field: as of pix2pix. extractor, perceptual_layers, perceptual: network,
    modules and weight of the perceptual loss.
    """
    there, back = (ResidualTranslator(shape, width=width, halvings=halvings, blocks=blocks) for _ in range(2))
    of_targets, of_sources = (
        build_critic(shape, 1, receptive_field=receptive_field, width=critic_width, critic_norm=critic_norm)
        for _ in range(2)
    )
    game, term = (
        build_loss(critic_objective, [], of_targets),
        build_perceptual(extractor, perceptual_layers, perceptual),
    )
    weights, rates = (cycle, identity), (lr, critic_lr)
    return CycleGAN(shape, (there, back), (of_targets, of_sources), game, term, weights, history, rates)

"""A generative adversarial network that is told the class: Mirza and Osindero (2014).

All is as in :mod:`genbench.models.gan`, but that generator and critic know the class: the generator by a network that
takes it, the critic by its `conditioning` (:mod:`genbench.adversarial.conditionings`). The classes of a batch of
generated images are those of the real batch, in the same order, so that what pairs the two compares images of a class.
Classes of samples are drawn by their shares among the training images.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import AdversarialLoss, build as build_loss
from genbench.adversarial.conditionings import LabelledHead, given
from genbench.adversarial.tricks import Tricks
from genbench.data.images import Shape
from genbench.engine.learner import Data, Facts, Optimiser
from genbench.errors import InputError
from genbench.find import members
from genbench.models.bases.class_shares import ClassShares
from genbench.models.bases.standing_statistics import Statistics
from genbench.models.gan import GAN, join, paces_of
from genbench.networks import Critic, is_spectral, takes_classes
from genbench.options import Betas, Count, Positive, Reference, build as build_member, name_of

FAMILY = "other GAN"

#: Tricks that see codes or images without their classes, and the reason in words.
WITHOUT_CLASSES = {
    "experience_replay": "the images of other steps are of other classes",
    "generator_dropout": "it counts the generator's units on a code without a class",
    "packing": "a pack of images of several classes has no class",
    "virtual_batch_norm": "its reference batch has no classes",
}


class ConditionalGAN(GAN):
    """A generator called with codes and labels, and a critic whose head is a :class:`LabelledHead`."""

    def __init__(
        self,
        shape: Shape,
        networks: tuple[nn.Module, Critic],
        loss: AdversarialLoss,
        tricks: Tricks,
        latent: int,
        critic_steps: int,
        rates: tuple[float, float],
        betas: tuple[float, float],
        optimiser: Optimiser,
        critic_optimiser: Optimiser,
        classes: int,
    ) -> None:
        super().__init__(shape, networks, loss, tricks, latent, critic_steps, rates, betas, optimiser, critic_optimiser)
        self.shares = ClassShares(classes, required=True)

    @property
    def head(self) -> LabelledHead:
        """The critic's head."""
        assert isinstance(self.critic.head, LabelledHead)
        return self.critic.head

    def refuse(self, facts: Facts) -> None:
        self.shares.refuse(facts)

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.shares.count(data)

    def judge(self, labels: Tensor) -> Critic:
        return given(self.critic, labels)

    def critic_loss(self, real: Tensor, fake: Tensor, labels: Tensor, rng: torch.Generator, step: int) -> Tensor:
        added = self.head.critic_addition(self.critic.features, real, fake, labels)
        return super().critic_loss(real, fake, labels, rng, step) + added

    def generator_loss(self, real: Tensor, fake: Tensor, labels: Tensor, rng: torch.Generator, step: int) -> Tensor:
        added = self.head.generator_addition(self.critic.features, fake, labels)
        return super().generator_loss(real, fake, labels, rng, step) + added

    def decode(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the images of codes (B, latent) and labels (B,), (B, C, H, W)."""
        assert labels is not None
        device = self.shares.shares.device
        images: Tensor = self.generator(codes.to(device), labels.to(device))
        return images

    def networks(self) -> list[nn.Module]:
        # the critic is called by its halves
        return [self.generator] if self.loss.penalties else [self.generator, self.critic.features]

    def draw_labels(self, n: int, *, rng: torch.Generator) -> Tensor | None:
        return self.shares.draw(n, rng)

    def sample(
        self,
        n: int,
        *,
        rng: torch.Generator,
        labels: Tensor | None = None,
        psi: Positive | None = None,
        statistics: Statistics = "stored",
    ) -> Tensor:
        """Draw n images of `labels` (n,), drawn by their shares if there are none; options as :class:`GAN` has them."""
        return self.draw(n, rng, psi, statistics, self.draw_labels(n, rng=rng) if labels is None else labels)


def build(
    shape: Shape,
    *,
    classes: Count,
    conditioning: Reference,
    objective: Reference,
    penalties: list[Reference] = [],  # noqa: B006 - never changed
    tricks: list[Reference] = [],  # noqa: B006
    network: Reference,
    latent: Count,
    critic_steps: Count,
    lr: Positive,
    critic_lr: Positive | None = None,
    betas: Betas | None = None,
    optimiser: Optimiser = "adam",
    critic_optimiser: Optimiser | None = None,
) -> ConditionalGAN:
    """Build a GAN of as many classes as the dataset has; options beside `conditioning` are those of gan."""
    paces = paces_of(lr, critic_lr, betas, optimiser, critic_optimiser)
    for name, reason in WITHOUT_CLASSES.items():
        if name in map(name_of, tricks):
            raise InputError(f"tricks: {name}: {reason}")
    joined = join(tricks)
    if name_of(network) in members("networks") and not takes_classes(name_of(network)):
        able = ", ".join(filter(takes_classes, members("networks")))
        raise InputError(f"network: expected one whose generator takes classes ({able}), got {name_of(network)}")
    generator, critic = build_member("networks", network, shape, latent, 1, classes)
    assert isinstance(critic.head, nn.Linear)
    features, spectral = critic.head.in_features, is_spectral(critic)
    generator, critic = joined.networks(generator, critic, latent)
    critic.head = build_member("conditionings", conditioning, critic.head, features, classes, spectral)
    joined.attach(generator, critic)
    loss = build_loss(objective, penalties, critic)
    return ConditionalGAN(shape, (generator, critic), loss, joined, latent, critic_steps, *paces, classes)

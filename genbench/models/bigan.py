"""Bidirectional GANs: a generator G, an encoder E, and a critic of pairs of an image and a code.

Donahue, Krähenbühl, Darrell (2017), BiGAN. The critic tells pairs (x, E(x)) of real images from pairs (G(z), z) of
drawn codes, and generator and encoder make them alike. At the optimum E inverts G (their theorem 2). Adversarially
learned inference (ALI: Dumoulin et al. 2017) is the same game with a stochastic encoder, here N(m(x), diag s²(x)).
BigBiGAN (Donahue and Simonyan 2019) adds to the score of the pair one of the image alone and one of the code alone,

    L = ℓ(s_xz) + image_weight · ℓ(s_x) + code_weight · ℓ(s_z),

with the hinge objective, weights of 1, a stochastic encoder and a learning rate of the encoder that is ten times the
generator's. The critic is that of :mod:`genbench.networks.blocks.joint_critic`, and the objectives and penalties are
those of every GAN: to them a pair is an image. A penalty is on the slope of the sum of the scores, over both halves.

The encoder plays the generator's part with both sides exchanged: its pairs are the real ones, and it wants low outputs
where the generator wants high ones. Its loss is the objective's generator loss with all outputs negated, which is right
for an objective whose critic loses as much when real and generated outputs are exchanged and negated. For the logistic
one that is Donahue's loss with labels swapped, for the hinge the linear losses of BigBiGAN. Others, such as least
squares with labels 0 and 1, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import AdversarialLoss, build as build_loss
from genbench.adversarial.objectives import Loss, Objective
from genbench.adversarial.tricks import Tricks
from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models.bases.codes import normal
from genbench.models.gan import GAN
from genbench.networks import Critic, across_batch, is_spectral
from genbench.networks.blocks.joint_critic import joint_critic, pairs
from genbench.options import Betas, Count, NonNegative, Positive, Reference, build as build_member, name_of
from genbench.per_image_random import normal_rows

FAMILY = "other GAN"


class BiGAN(GAN):
    """A GAN of pairs; the encoder's outputs are codes, or their means and the logarithms of their deviations."""

    def __init__(
        self,
        shape: Shape,
        networks: tuple[nn.Module, nn.Module, Critic],
        loss: AdversarialLoss,
        latent: int,
        critic_steps: int,
        rates: tuple[float, float, float | None],
        betas: tuple[float, float],
        *,
        stochastic: bool = False,
    ) -> None:
        generator, encoder, critic = networks
        super().__init__(shape, (generator, critic), loss, Tricks([]), latent, critic_steps, rates[:2], betas, "adam")
        self.encoder, self.stochastic, self._encoder_lr = encoder, stochastic, rates[2]

    def groups(self) -> dict[str, ParameterGroup]:
        groups, encoder = super().groups(), list(self.encoder.parameters())
        generator = groups["generator"]
        if self._encoder_lr is None:
            return groups | {"generator": replace(generator, parameters=generator.parameters + encoder)}
        return groups | {"encoder": replace(generator, parameters=encoder, lr=self._encoder_lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        for last in [False] * (self.critic_steps - 1) + [True]:
            images = next(batches).images
            with torch.set_grad_enabled(last):
                real, fake = self.real_and_generated(images, rng)
            yield Update("critic", self.loss.at(step).critic_loss(self.critic, real.detach(), fake.detach(), rng))
        on_real, on_fake = self.critic(real), self.critic(fake)
        of_generator = self.loss.objective.generator(on_real.detach(), on_fake)
        of_encoder = self.loss.objective.generator(-on_fake.detach(), -on_real)
        if self._encoder_lr is None:
            yield Update("generator", of_generator + of_encoder)
        else:
            yield Update("generator", of_generator)
            yield Update("encoder", of_encoder)

    def real_and_generated(self, images: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return pairs of images (B, C, H, W) with their codes, and as many of drawn codes with their images."""
        codes = normal(len(images), self.latent, rng=rng).to(images.device)
        outputs = self.encoder(images)
        encoded = outputs[:, : self.latent]
        if self.stochastic:
            encoded = encoded + outputs[:, self.latent :].exp() * normal_rows(*codes.shape, rng=rng).to(images.device)
        return pairs(images, encoded), pairs(self.decode(codes), codes)

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        real, fake = self.real_and_generated(batch.images, rng)
        if across_batch(self.critic):
            self.critic(real)
            self.critic(fake)

    def networks(self) -> list[nn.Module]:
        return [self.encoder, *super().networks()]

    def encode(self, images: Tensor) -> Tensor:
        """Return the codes of images (B, C, H, W), (B, latent); the means of a stochastic encoder."""
        codes: Tensor = self.encoder(images)[:, : self.latent]
        return codes

    def reconstruct(self, images: Tensor) -> Tensor:
        """Return what the generator makes of the codes of images, (B, C, H, W)."""
        return self.decode(self.encode(images))

    def interpolate(self, first: Tensor, last: Tensor, n: int) -> Tensor:
        """Return n images on the straight way between the codes of each two images, (B, n, C, H, W), ends included."""
        shares = torch.linspace(0, 1, n, device=first.device)[None, :, None]
        codes = torch.lerp(self.encode(first)[:, None], self.encode(last)[:, None], shares)
        return self.decode(codes.flatten(0, 1)).view(len(first), n, *self.shape)


def of_scores(objective: Objective, weights: Sequence[float]) -> Objective:
    """Make an objective of outputs (B, K), the weighted sum of what it is for each of K scores."""

    def summed(loss: Loss) -> Loss:
        def total(real: Tensor, fake: Tensor) -> Tensor:
            scores = (outputs.view(len(outputs), -1).unbind(1) for outputs in (real, fake))
            terms = [weight * loss(on_real, on_fake) for weight, on_real, on_fake in zip(weights, *scores, strict=True)]
            return torch.stack(terms).sum()

        return total

    return replace(objective, critic=summed(objective.critic), generator=summed(objective.generator))


def is_symmetric(objective: Objective) -> bool:
    """Return whether the critic loses as much when real and generated outputs are exchanged and negated."""
    real, fake = torch.linspace(-2, 3, 7, device="cpu"), torch.linspace(1.5, -1, 7, device="cpu")
    return torch.allclose(objective.critic(real, fake), objective.critic(-fake, -real))


def build(
    shape: Shape,
    *,
    objective: Reference,
    penalties: list[Reference] = [],  # noqa: B006 - never changed
    network: Reference,
    encoder_network: Reference | None = None,
    encoder: Literal["deterministic", "stochastic"] = "deterministic",
    joint_width: Count,
    image_weight: NonNegative = 0.0,
    code_weight: NonNegative = 0.0,
    latent: Count,
    critic_steps: Count,
    lr: Positive,
    critic_lr: Positive | None = None,
    encoder_lr: Positive | None = None,
    betas: Betas,
) -> BiGAN:
    """Build a bidirectional GAN whose critic reads codes by `joint_width` hidden units.

    encoder_network: network of the encoder, `network` where there is none. image_weight, code_weight: of the unary
    terms, which a critic with a weight of 0 does not have. lr: rate of the generator, of the critic without
    `critic_lr`, and of the encoder without `encoder_lr`; with one, the encoder has an optimiser of its own.
    """
    generator, images = build_member("networks", network, shape, latent, 1)
    chosen, numbers = encoder_network or network, 2 * latent if encoder == "stochastic" else latent
    _, encoding = build_member("networks", chosen, shape, latent, numbers)
    if is_spectral(encoding):
        raise InputError(
            f"bigan: encoder_network: expected one that is not spectral, for codes need slopes that a critic must not "
            f"have, got {name_of(chosen)} with spectral"
        )
    weights = [1.0, *(weight for weight in (image_weight, code_weight) if weight)]
    critic = joint_critic(shape, latent, images, joint_width, of_image=image_weight > 0, of_code=code_weight > 0)
    loss = build_loss(objective, penalties, critic)
    if not is_symmetric(loss.objective):
        raise InputError(
            f"bigan: objective: expected one that treats real and generated outputs alike, such as non_saturating, "
            f"without smoothing, got {name_of(objective)}"
        )
    return BiGAN(
        shape,
        (generator, encoding, critic),
        replace(loss, objective=of_scores(loss.objective, weights)),
        latent,
        critic_steps,
        (lr, lr if critic_lr is None else critic_lr, encoder_lr),
        betas,
        stochastic=encoder == "stochastic",
    )

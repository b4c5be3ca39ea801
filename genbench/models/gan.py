"""A generative adversarial network under any objective: Goodfellow et al. (2014), algorithm 1, generalised.

One step is `critic_steps` updates of the critic, each on fresh real and generated batches, then one of the
generator. The generator's pass of the last critic update is used again for its own update, which saves a pass and
changes nothing: its parameters are the same in both.

Objective, penalties, tricks and networks are chosen apart; what makes no sense together is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import AdversarialLoss, build as build_loss
from genbench.adversarial.tricks import Tricks
from genbench.data.images import Shape
from genbench.engine.learner import Batch, Data, Optimiser, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models import Model
from genbench.models.bases.codes import normal
from genbench.models.bases.schedules import Schedules, schedules
from genbench.models.bases.standing_statistics import Statistics, standing_statistics
from genbench.networks import Critic, across_batch
from genbench.options import Betas, Count, Positive, Reference, build as build_member, name_of

FAMILY = "other GAN"


class GAN(Model):
    """A generator and a critic under an adversarial loss."""

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
        critic_optimiser: Optimiser | None = None,
        schedules: Schedules | None = None,
    ) -> None:
        super().__init__(shape)
        self.generator, self.critic = networks
        self.loss, self.tricks, self.latent, self.critic_steps = loss, tricks, latent, critic_steps
        self._rates, self._betas, self._optimisers = rates, betas, (optimiser, critic_optimiser or optimiser)
        self._schedules = schedules

    def groups(self) -> dict[str, ParameterGroup]:
        changing = None if self._schedules is None else partial(self._schedules.betas_at, self._betas)
        return {
            name: ParameterGroup(
                list(self.get_submodule(name).parameters()),
                rate,
                self._betas,
                optimiser,
                changing if optimiser == "adam" else None,
            )
            for name, rate, optimiser in zip(("generator", "critic"), self._rates, self._optimisers, strict=True)
        }

    def decay(self, otherwise: float, step: int) -> float:
        return otherwise if self._schedules is None else self._schedules.decay(otherwise, step)

    def setup(self, data: Data, rng: torch.Generator) -> None:
        self.tricks.setup(self.generator, rng)

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        for last in [False] * (self.critic_steps - 1) + [True]:
            batch = next(batches)
            real = self.tricks.seen(batch.images, rng, step)
            with torch.set_grad_enabled(last):
                fake = self.tricks.seen(self.generate(len(real), rng, labels=batch.labels), rng, step)
            shown = self.tricks.of_critic(real, fake.detach(), rng)
            loss = self.critic_loss(*shown, batch.labels, rng, step)
            yield Update("critic", loss + self.tricks.addition("critic", self.critic))
        loss = self.generator_loss(real, fake, batch.labels, rng, step)
        yield Update("generator", loss + self.tricks.addition("generator", self.generator))

    def judge(self, labels: Tensor) -> Critic:
        """Return the critic of images of these classes, (B,); here it is the same for all."""
        del labels
        return self.critic

    def critic_loss(self, real: Tensor, fake: Tensor, labels: Tensor, rng: torch.Generator, step: int) -> Tensor:
        """Compute what the critic minimises, a scalar; both kinds of images are (B, C, H, W) of the classes (B,)."""
        return self.loss.at(step).critic_loss(self.judge(labels), real, fake, rng)

    def generator_loss(self, real: Tensor, fake: Tensor, labels: Tensor, rng: torch.Generator, step: int) -> Tensor:
        """Compute what the generator minimises, a scalar."""

        def critic_loss(critic: Critic, fake: Tensor) -> Tensor:
            return self.loss.at(step).critic_loss(critic, real, fake, rng)

        opponent, added = self.tricks.opponent(self.judge(labels), fake, critic_loss)
        loss = self.tricks.generator_loss(opponent, real, fake)
        return added + (self.loss.generator_loss(opponent, real, fake) if loss is None else loss)

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        fake = self.generate(len(batch.images), rng, labels=batch.labels)
        if across_batch(self.critic):
            critic = self.judge(batch.labels)
            critic(batch.images)
            critic(fake)

    def after_update(self, group: str, step: int) -> None:
        if group == "critic":
            self.loss.constrain(self.critic)
        self.tricks.after_update(group, self.get_submodule(group))

    def whole_batch(self) -> str:
        return self.tricks.whole_batch

    def notes(self) -> tuple[str, ...]:
        return self.loss.objective.notes

    def networks(self) -> list[nn.Module]:
        # a penalty differentiates the critic's slope, which compiled code cannot
        return [self.generator] if self.loss.penalties else [self.generator, self.critic]

    def generate(self, n: int, rng: torch.Generator, psi: float | None = None, labels: Tensor | None = None) -> Tensor:
        """Draw n images from normal codes, (n, C, H, W) in [-1, 1]; codes are truncated to ±psi if it is given."""
        return self.decode(self.codes(n, rng, psi), labels)

    def codes(self, n: int, rng: torch.Generator, psi: float | None) -> Tensor:
        """Draw n codes, (n, latent), as tricks want them."""
        return self.tricks.codes(normal(n, self.latent, rng=rng, psi=psi), rng)

    def decode(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the images of codes (B, latent), (B, C, H, W); a generator that is told no class drops the labels."""
        del labels
        images: Tensor = self.generator(codes.to(next(self.generator.parameters()).device))
        return images

    def sample(
        self, n: int, *, rng: torch.Generator, psi: Positive | None = None, statistics: Statistics = "stored"
    ) -> Tensor:
        """Draw n images; `psi` truncates the codes (:mod:`genbench.models.bases.codes`).

        statistics: of batch normalisation, stored with the weights, or recomputed on codes of this psi.
        """
        return self.draw(n, rng, psi, statistics)

    def draw(
        self, n: int, rng: torch.Generator, psi: float | None, statistics: Statistics, labels: Tensor | None = None
    ) -> Tensor:
        """Draw n images under options of sampling, (n, C, H, W).

        The codes of the images are drawn before those of statistics, so that both kinds of statistics see the same.
        """
        codes = self.codes(n, rng, psi)
        if statistics == "stored":
            return self.decode(codes, labels)
        with standing_statistics(self.generator, lambda n: self.generate(n, rng, psi, self.draw_labels(n, rng=rng))):
            return self.decode(codes, labels)


def paces_of(
    lr: float,
    critic_lr: float | None,
    betas: tuple[float, float] | None,
    optimiser: Optimiser,
    critic_optimiser: Optimiser | None,
) -> tuple[tuple[float, float], tuple[float, float], Optimiser, Optimiser]:
    """Return the rates of generator and critic, the decays of adam's moments and both optimisers, if they fit."""
    optimisers = (optimiser, critic_optimiser or optimiser)
    if "adam" in optimisers and betas is None:
        raise InputError("betas: missing; optimiser: adam has two, the decays of its two moments")
    if "adam" not in optimisers and betas is not None:
        listed = " and ".join(dict.fromkeys(optimisers))
        raise InputError(f"betas: expected none beside optimiser: {listed}; adam alone has them; got {list(betas)}")
    return (lr, lr if critic_lr is None else critic_lr), betas or ParameterGroup.betas, *optimisers


def join(tricks: list[Reference]) -> Tricks:
    """Build the tricks of a list, each of which may stand there once."""
    names = [name_of(trick) for trick in tricks]
    if len(set(names)) < len(names):
        raise InputError(f"tricks: expected each once, got {', '.join(names)}")
    return Tricks([build_member("tricks", trick) for trick in tricks])


def build(
    shape: Shape,
    *,
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
    scheduled_steps: Count | None = None,
    final_betas: Betas | None = None,
    half_life: Positive | None = None,
) -> GAN:
    """Build a GAN; `lr` is the generator's rate, and the critic's without `critic_lr` (Heusel et al. 2017).

    betas: of adam alone, which needs them. critic_optimiser: the critic's, where it is not that of the generator.
    scheduled_steps, final_betas, half_life: schedules of betas and of the averaged weights
    (:mod:`genbench.models.bases.schedules`).
    """
    paces = paces_of(lr, critic_lr, betas, optimiser, critic_optimiser)
    changing = schedules(scheduled_steps, final_betas, half_life, adam="adam" in paces[2:])
    joined = join(tricks)
    generator, critic = build_member("networks", network, shape, latent, 1)
    generator, critic = joined.networks(generator, critic, latent)
    joined.attach(generator, critic)
    loss = build_loss(objective, penalties, critic)
    return GAN(shape, (generator, critic), loss, joined, latent, critic_steps, *paces, changing)

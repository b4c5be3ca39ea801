"""What is trained: pairs of networks with a game, each the same for all contenders."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from benchmarks.training import mimicry
from genbench.adversarial.adversarial_loss import build as build_loss
from genbench.adversarial.tricks import Tricks
from genbench.data.images import Images, Shape
from genbench.engine.learner import Data
from genbench.models.gan import GAN
from genbench.networks import Critic
from genbench.options import build as build_member
from genbench.seeding import seeded_initialisation

Networks = tuple[nn.Module, nn.Module]
IMAGES = 1024


@dataclass(frozen=True)
class Case:
    """A game on images of `shape`; `steps` of it are one measurement.

    networks: codes (B, latent) to images, and images to (B, 1). gradient_penalty: WGAN-GP's weight, or None for the
    non-saturating game. peer: whether the networks are torch-mimicry's own, for its trainer.
    """

    title: str
    shape: Shape
    networks: Callable[[], Networks]
    latent: int
    steps: int
    critic_steps: int = 1
    gradient_penalty: float | None = None
    lr: float = 0.0002
    betas: tuple[float, float] = (0.5, 0.9)
    batch: int = 64
    peer: bool = False

    def built(self) -> Networks:
        """Fresh networks, the same ones every time."""
        with seeded_initialisation(0, "benchmark"):
            return copy.deepcopy(self.networks())

    def model(self) -> GAN:
        """The same networks and loss as genbench's model."""
        generator, judge = self.built()
        critic = judge if isinstance(judge, Critic) else Critic(judge, nn.Identity())
        weight = self.gradient_penalty
        objective = "non_saturating" if weight is None else "wgan"
        penalties = [] if weight is None else [{"name": "gradient_penalty", "weight": weight}]
        loss = build_loss(objective, penalties, critic)
        networks = generator, critic
        rates = self.lr, self.lr
        return GAN(self.shape, networks, loss, Tricks([]), self.latent, self.critic_steps, rates, self.betas, "adam")

    def data(self) -> Data:
        """Random pixels: what images show costs nothing."""
        pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, *self.shape), dtype=np.uint8)
        images = Images(pixels, np.full(IMAGES, -1))
        return Data(images, images[:0], images[:0], 256, ())


def _ours(name: str, shape: Shape, latent: int, **options: Any) -> Networks:
    networks: Networks = build_member("networks", {"name": name, **options}, shape, latent, 1)
    return networks


DIGITS, COLOUR = (1, 8, 8), (3, 32, 32)

CASES = {
    "digits": Case("conv, 8×8, width 24", DIGITS, partial(_ours, "conv", DIGITS, 16, width=24), 16, steps=30),
    "digits_wgan_gp": Case(
        "WGAN-GP, conv, 8×8, width 24",
        DIGITS,
        partial(_ours, "conv", DIGITS, 16, width=24),
        16,
        steps=12,
        critic_steps=2,
        gradient_penalty=10.0,
    ),
    "dcgan": Case("DCGAN, 32×32, width 64", COLOUR, partial(_ours, "dcgan", COLOUR, 128, width=64), 128, steps=4),
    "dcgan_wgan_gp": Case(
        "WGAN-GP, DCGAN's networks, 32×32, width 64",
        COLOUR,
        partial(_ours, "dcgan", COLOUR, 128, width=64, critic_norm="none"),
        128,
        steps=2,
        critic_steps=2,
        gradient_penalty=10.0,
    ),
    "mimicry_dcgan": Case(
        "torch-mimicry's DCGAN-32, width 32", COLOUR, partial(mimicry.dcgan, 32), 128, steps=2, peer=True
    ),
    "mimicry_wgan_gp": Case(
        "torch-mimicry's WGAN-GP-32, width 32",
        COLOUR,
        partial(mimicry.wgan_gp, 32),
        128,
        steps=1,
        critic_steps=2,
        gradient_penalty=10.0,
        peer=True,
    ),
}

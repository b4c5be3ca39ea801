"""Adaptive augmentation: Karras et al. (2020), Training generative adversarial networks with limited data, section 3.

The critic sees images augmented with a probability p that begins at 0 and follows how much it overfits, r = E sign v(x)
over real images as it sees them: the share that it takes for real, on a scale from -1 to 1. Each step raises p where r
is above a target and lowers it where r is below, by so much that p needs `images` images from 0 to 1.

What is adapted here are the policies of :mod:`genbench.adversarial.tricks.diff_augment`, not the authors' 18 changes,
and r is of one batch, not of four. It means something where the critic's outputs are positive for real images.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.adversarial.tricks import Trick
from genbench.adversarial.tricks.diff_augment import Policy, augmented
from genbench.networks import Critic
from genbench.options import Count, Fraction

EXAMPLES = ({"images": 100},)


class AdaptiveAugment(Trick):
    """Keeps p as `probability`, a scalar."""

    probability: Tensor
    whole_batch = "the probability of augmentation follows the signs of a batch"

    def __init__(self, policies: list[Policy], target: float, images: int) -> None:
        super().__init__()
        self._policies, self._target, self._images = policies, target, images
        self.register_buffer("probability", torch.zeros(()))

    def seen(self, images: Tensor, rng: torch.Generator, step: int) -> Tensor:
        return augmented(images, self._policies, self.probability, rng)

    @torch.no_grad()
    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> None:
        above = critic(real).sign().mean() - self._target
        self.probability.add_(above.sign() * len(real) / self._images).clamp_(0, 1)


def build(
    *,
    policies: list[Policy] = ["colour", "translation", "cutout"],  # noqa: B006 - never changed
    target: Fraction = 0.6,
    images: Count = 500_000,
) -> AdaptiveAugment:
    """Build the trick; `target` is that of r, and p takes `images` real ones from 0 to 1, in the paper 500,000."""
    return AdaptiveAugment(policies, target, images)

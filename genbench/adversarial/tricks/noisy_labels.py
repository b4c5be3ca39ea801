"""Noisy labels: Chintala, Denton, Arjovsky, Mathieu (2016), "How to train a GAN?", item 6.

In an update of the critic each pair of a real and a generated image changes roles with probability p: the critic is
told that the generated one is real, and the other way round. It then tells (1 − p) P + p Q from (1 − p) Q + p P, whose
ratio is within p / (1 − p) and (1 − p) / p, so that the best critic is never quite sure. The mean of a logistic loss
over the noise is that of labels smoothed on both sides, 1 − p and p. The generator's update is as it was. Penalties are
taken where the labels say.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.adversarial.tricks import Probability, Trick
from genbench.per_image_random import uniform_rows

EXAMPLES = ({"probability": 0.5},)


class NoisyLabels(Trick):
    """Pairs of images change roles, each by a draw of its own."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self._probability = probability

    def of_critic(self, real: Tensor, fake: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        if not self._probability:
            return real, fake
        chosen = uniform_rows(len(real), 1, 1, 1, rng=rng).to(real.device) < self._probability
        return torch.where(chosen, fake, real), torch.where(chosen, real, fake)


def build(*, probability: Probability) -> NoisyLabels:
    """Build the trick; `probability` is that of a pair to change roles, 0 for none and 1 for all."""
    return NoisyLabels(probability)

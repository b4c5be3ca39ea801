"""Flipped labels: Chintala, Denton, Arjovsky, Mathieu (2016), "How to train a GAN?", item 6.

Now and then an update of the critic is made with all labels the wrong way round: with probability p the real and the
generated batch change roles. The noise is that of :mod:`genbench.adversarial.tricks.noisy_labels` in mean, but comes in
whole updates that undo what the critic learnt. The generator's update is as it was.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.adversarial.tricks import Probability, Trick

EXAMPLES = ({"probability": 1.0},)


class FlippedLabels(Trick):
    """Batches change roles."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self._probability = probability

    def of_critic(self, real: Tensor, fake: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        if not self._probability:
            return real, fake
        flipped = torch.rand((), generator=rng).item() < self._probability  # the same in processes that share a batch
        return (fake, real) if flipped else (real, fake)


def build(*, probability: Probability) -> FlippedLabels:
    """Build the trick; `probability` is that of an update of the critic to be made with flipped labels."""
    return FlippedLabels(probability)

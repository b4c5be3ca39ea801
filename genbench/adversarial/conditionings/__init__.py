"""Contract of conditionings: how a critic is told the classes of the images that it judges.

A module genbench/adversarial/conditionings/<name>.py has `build(head, features, classes, spectral, **options) ->
LabelledHead`, where `head` is the critic's own, `features` the number that it reads, and `spectral` whether the critic
is spectrally normalised; and EXAMPLES, a tuple of options to try, where an option has no default.

A critic with such a head judges images of given classes as any other critic judges images alone (:func:`given`), so
that objectives, penalties and tricks need not know of classes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.networks import Critic


class LabelledHead(nn.Module):
    """A critic's head that is told the classes: features (B, F) and labels (B,) int64 to numbers (B, 1)."""

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Compute the critic's numbers."""
        raise NotImplementedError

    def given(self, labels: Tensor) -> nn.Module:
        """Return the head of images of these classes, (B,): features (B, F) to numbers (B, 1)."""
        return Given(self, labels)

    def critic_addition(self, features: nn.Module, real: Tensor, fake: Tensor, labels: Tensor) -> Tensor | float:
        """Compute what is added to the critic's loss, a scalar; `features` are the critic's, of images (B, C, H, W)."""
        del features, real, fake, labels
        return 0.0

    def generator_addition(self, features: nn.Module, fake: Tensor, labels: Tensor) -> Tensor | float:
        """Compute what is added to the generator's loss, a scalar."""
        del features, fake, labels
        return 0.0


class Given(nn.Module):
    """A labelled head whose labels are given: features (B, F) to numbers (B, 1)."""

    def __init__(self, head: LabelledHead, labels: Tensor) -> None:
        super().__init__()
        self.head, self._labels = head, labels

    def forward(self, features: Tensor) -> Tensor:
        numbers: Tensor = self.head(features, self._labels)
        return numbers


class InFloat32(nn.Module):
    """Numbers in float32 at least, in which losses are computed where networks compute in less."""

    def forward(self, numbers: Tensor) -> Tensor:
        return numbers.to(torch.promote_types(numbers.dtype, torch.float32))


def given(critic: Critic, labels: Tensor) -> Critic:
    """Return the critic of images of these classes, (B,): a critic of images alone, with the parameters that it uses.

    The head of `critic` is a :class:`LabelledHead`.
    """
    assert isinstance(critic.head, LabelledHead)
    return Critic(critic.features, nn.Sequential(critic.head.given(labels), InFloat32()))

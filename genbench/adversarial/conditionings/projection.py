"""The projection critic: Miyato and Koyama (2018), equation 9.

v(x, y) = ψ(φ(x)) + ⟨e_y, φ(x)⟩, φ the critic's features, ψ its head and e_y a learnt vector of the class. The log-ratio
of two densities has this form where the probabilities of the classes given an image are log-linear in its features.
The vectors start orthogonal, and are spectrally normalised, as one matrix, where the critic is.
"""

from __future__ import annotations

from torch import Tensor, nn

from genbench.adversarial.conditionings import LabelledHead
from genbench.networks._spectral import normalise


class Projection(LabelledHead):
    """The head, and an inner product with the class's vector."""

    def __init__(self, head: nn.Module, features: int, classes: int) -> None:
        super().__init__()
        self.head, self.embedding = head, nn.Embedding(classes, features)
        nn.init.orthogonal_(self.embedding.weight)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        numbers: Tensor = self.head(features) + (self.embedding(labels) * features).sum(1, keepdim=True)
        return numbers


def build(head: nn.Module, features: int, classes: int, spectral: bool) -> Projection:
    """Build the head, which has no options."""
    made = Projection(head, features, classes)
    if spectral:
        normalise(made.embedding)
    return made

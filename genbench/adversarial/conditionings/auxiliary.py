"""The auxiliary classifier: Odena, Olah, Shlens (2017), AC-GAN, section 3.

The critic judges images without their classes, and a linear classifier on its features learns the classes of real
images; the generator is rewarded for images that it puts into the class which was asked for. The critic's loss gains
real · E −log p(y | x) and generated · E −log p(y | G(z, y)), the generator's loss asked · E −log p(y | G(z, y)). In the
paper's equations all three weights are 1; a classifier that learns from generated images too learns what is wrong
with them, so that many programs have generated: 0, and that is the default here.

The classifier's pass over the images is one of its own, beside that of the loss.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from genbench.adversarial.conditionings import LabelledHead
from genbench.networks._spectral import normalise
from genbench.options import NonNegative, Positive


class Auxiliary(LabelledHead):
    """The head, deaf to classes, and a classifier beside it."""

    def __init__(
        self, head: nn.Module, features: int, classes: int, real: float, generated: float, asked: float
    ) -> None:
        super().__init__()
        self.head, self.classifier = head, nn.Linear(features, classes)
        self._real, self._generated, self._asked = real, generated, asked

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        del labels
        numbers: Tensor = self.head(features)
        return numbers

    def given(self, labels: Tensor) -> nn.Module:
        """Return the critic's own head, which uses no parameter of the classifier."""
        del labels
        return self.head

    def _error(self, features: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(self.classifier(features(images)), labels)

    def critic_addition(self, features: nn.Module, real: Tensor, fake: Tensor, labels: Tensor) -> Tensor:
        added = self._real * self._error(features, real, labels)
        return added + self._generated * self._error(features, fake, labels) if self._generated else added

    def generator_addition(self, features: nn.Module, fake: Tensor, labels: Tensor) -> Tensor:
        return self._asked * self._error(features, fake, labels)


def build(
    head: nn.Module,
    features: int,
    classes: int,
    spectral: bool,
    *,
    real: Positive = 1.0,
    generated: NonNegative = 0.0,
    asked: Positive = 1.0,
) -> Auxiliary:
    """Build the head; `real`, `generated` and `asked` are the weights of the three errors."""
    made = Auxiliary(head, features, classes, real, generated, asked)
    if spectral:
        normalise(made.classifier)
    return made

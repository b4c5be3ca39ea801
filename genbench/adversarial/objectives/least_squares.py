"""Least squares GAN: Mao et al. (2017), equation 2 with labels 0 and 1 (their equation 9).

Critic: ½ E (v(real) − 1)² + ½ E v(fake)²; generator: ½ E (v(fake) − 1)². Images that the critic already takes for
real still pull on the generator as long as they are far from the label.
"""

from torch import Tensor

from genbench.adversarial.objectives import Objective
from genbench.options import Fraction

FAMILY = "other GAN"


def _error(outputs: Tensor, label: float) -> Tensor:
    return 0.5 * (outputs - label).square().mean()


def build(*, smoothing: Fraction = 0.0) -> Objective:
    """Build the least-squares losses; `smoothing` is taken off the critic's label of real images."""
    return Objective(
        critic=lambda real, fake: _error(real, 1 - smoothing) + _error(fake, 0.0),
        generator=lambda real, fake: _error(fake, 1.0),
    )

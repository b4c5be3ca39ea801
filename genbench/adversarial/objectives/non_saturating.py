"""The non-saturating objective of Goodfellow et al. (2014), section 3: the generator maximises E log D(G(z)).

The critic's loss is the minimax one. The generator's gradient does not vanish where the critic is sure.
"""

from genbench.adversarial.objectives import Objective
from genbench.adversarial.objectives._labels import cross_entropy, logistic_critic
from genbench.options import Fraction

FAMILY = "other GAN"


def build(*, smoothing: Fraction = 0.0) -> Objective:
    """Build the non-saturating losses; `smoothing` is taken off the label of real images."""
    return Objective(
        critic=lambda real, fake: logistic_critic(real, fake, smoothing),
        generator=lambda real, fake: cross_entropy(fake, 1.0),
    )

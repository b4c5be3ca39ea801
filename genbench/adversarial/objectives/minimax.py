"""The minimax objective of Goodfellow et al. (2014), equation 1.

max_D min_G  E log D(x) + E log(1 − D(G(z))),  D = σ(v).  At the optimal critic it is 2 JSD − log 4; its generator
loss E log(1 − D) saturates when the critic is sure, which is what the non-saturating variant mends.
"""

from genbench.adversarial.objectives import Objective
from genbench.adversarial.objectives._labels import cross_entropy, logistic_critic
from genbench.options import Fraction

FAMILY = "other GAN"


def build(*, smoothing: Fraction = 0.0) -> Objective:
    """Build the minimax losses; `smoothing` is taken off the label of real images."""
    return Objective(
        critic=lambda real, fake: logistic_critic(real, fake, smoothing),
        generator=lambda real, fake: -cross_entropy(fake, 0.0),
    )

"""The penalty R2: Mescheder, Geiger, Nowozin (2018), equation 10.

(weight / 2) · E ‖∇v(x)‖² at generated images x: what R1 is for the data.
"""

from genbench.adversarial.penalties import Penalty, schedule
from genbench.options import Count, Positive

EXAMPLES = ({"weight": 10.0}, {"weight": 10.0, "final": 1.0, "steps": 100})


def build(*, weight: Positive, final: Positive | None = None, steps: Count | None = None) -> Penalty:
    """Build the penalty; `weight` is the paper's γ, its ½ apart.

    final, steps: the weight goes there within so many steps, along half a cosine.
    """
    return Penalty(
        where=lambda real, fake, rng: fake,
        of=lambda gradients: 0.5 * gradients.square().sum(1),
        weight=weight,
        schedule=schedule(final, steps),
    )

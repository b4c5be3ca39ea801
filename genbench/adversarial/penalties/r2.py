"""The penalty R2: Mescheder, Geiger, Nowozin (2018), equation 10.

(weight / 2) · E ‖∇v(x)‖² at generated images x: what R1 is for the data.
"""

from genbench.adversarial.penalties import Penalty
from genbench.options import Positive

EXAMPLES = ({"weight": 10.0},)


def build(*, weight: Positive) -> Penalty:
    """Build the penalty; `weight` is the paper's γ, its ½ apart."""
    return Penalty(
        where=lambda real, fake, rng: fake, of=lambda gradients: 0.5 * gradients.square().sum(1), weight=weight
    )

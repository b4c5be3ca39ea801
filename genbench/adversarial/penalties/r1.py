"""The penalty R1: Mescheder, Geiger, Nowozin (2018), equation 9.

(weight / 2) · E ‖∇v(x)‖² at real images x: a critic is flat where the data is once the generator has reached it, which
makes training converge locally.
"""

from genbench.adversarial.penalties import Penalty, schedule
from genbench.options import Count, Positive

EXAMPLES = ({"weight": 10.0}, {"weight": 10.0, "every": 2}, {"weight": 10.0, "final": 1.0, "steps": 100})


def build(*, weight: Positive, every: Count = 1, final: Positive | None = None, steps: Count | None = None) -> Penalty:
    """Build the penalty; `weight` is the paper's γ, its ½ apart. every: steps from one that has it to the next.

    final, steps: the weight goes there within so many steps, along half a cosine.
    """
    return Penalty(
        where=lambda real, fake, rng: real,
        of=lambda gradients: 0.5 * gradients.square().sum(1),
        weight=weight,
        every=every,
        schedule=schedule(final, steps),
    )

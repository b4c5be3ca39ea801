"""The gradient penalty of WGAN-GP: Gulrajani et al. (2017), equation 3.

weight · E (‖∇v(x)‖₂ − 1)², x uniform on the segments between pairs of real and generated images: where both sides
meet, the best Wasserstein critic has slope 1 almost everywhere (their proposition 1).
"""

from genbench.adversarial.penalties import Penalty, between, length
from genbench.options import Positive

EXAMPLES = ({"weight": 10.0},)


def build(*, weight: Positive) -> Penalty:
    """Build the penalty; `weight` is the paper's λ, 10 there."""
    return Penalty(where=between, of=lambda gradients: (length(gradients) - 1).square(), weight=weight)

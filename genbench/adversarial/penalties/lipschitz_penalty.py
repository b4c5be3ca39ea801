"""The one-sided penalty of WGAN-LP: Petzka, Fischer, Lukovnikov (2018).

weight · E max(0, ‖∇v(x)‖₂ − 1)², x uniform on the segments between pairs of real and generated images. The Lipschitz
bound forbids slopes above 1 only; asking for exactly 1, as WGAN-GP does, excludes the best critic of most couplings.
"""

from torch.nn.functional import relu

from genbench.adversarial.penalties import Penalty, between, length
from genbench.options import Positive

EXAMPLES = ({"weight": 10.0},)


def build(*, weight: Positive) -> Penalty:
    """Build the penalty; `weight` is the paper's λ."""
    return Penalty(where=between, of=lambda gradients: relu(length(gradients) - 1).square(), weight=weight)

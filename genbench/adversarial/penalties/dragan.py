"""The penalty of DRAGAN: Kodali et al. (2017).

weight · E (‖∇v(x + δ)‖₂ − 1)², δ normal noise on real images x: the critic is kept from being steep around the data,
which the authors hold to be what mode collapse starts from. This is the paper's equation. The authors' program differs:
δ is half the standard deviation of the batch times noise that is uniform on [0, 1), and the slope is taken at a point
that is uniform between x and x + δ.
"""

import torch
from torch import Tensor

from genbench.adversarial.penalties import Penalty, length
from genbench.options import Positive
from genbench.per_image_random import normal_rows

EXAMPLES = ({"weight": 10.0, "sd": 0.5},)


def build(*, weight: Positive, sd: Positive) -> Penalty:
    """Build the penalty; `sd` is δ's standard deviation on the scale where pixels span [-1, 1]."""

    def around(real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
        return real + sd * normal_rows(*real.shape, rng=rng).to(real)

    return Penalty(where=around, of=lambda gradients: (length(gradients) - 1).square(), weight=weight)

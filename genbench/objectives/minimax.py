"""The minimax objective of Goodfellow et al. (2014), equation 1.

max_D min_G  E log D(x) + E log(1 − D(G(z))),  D = σ(v).  At the optimal critic it is 2 JSD − log 4; its generator
loss E log(1 − D) saturates when the critic is sure, which is what the non-saturating variant mends.
"""

from torch.nn.functional import softplus

from genbench.objective import Objective


def build() -> Objective:
    """log σ(v) = −softplus(−v) and log(1 − σ(v)) = −softplus(v), so nothing overflows."""
    return Objective(
        critic=lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
        generator=lambda fake: -softplus(fake).mean(),
    )

"""f-GAN: the variational bound of any f-divergence as an adversarial game, Nowozin, Cseke, Tomioka (2016).

F(θ, ω) = E_P g_f(v) − E_Q f*(g_f(v)) (equation 6); the critic maximises F. The generator minimises F itself
(`update: minimax`, algorithm 1) or maximises E_Q g_f(v) (`update: non_saturating`, section 3.2).
"""

from typing import Literal

from genbench.adversarial.divergences import Divergence
from genbench.adversarial.objectives import Objective
from genbench.options import Reference, build as build_member, name_of

FAMILY = "f-GAN"
EXAMPLES = (
    {"divergence": "kullback_leibler", "update": "minimax"},
    {"divergence": "squared_hellinger", "update": "non_saturating"},
)


def build(*, divergence: Reference, update: Literal["minimax", "non_saturating"]) -> Objective:
    """Build the losses of the named divergence; composites are computed stably from raw outputs (see its module)."""
    d: Divergence = build_member("divergences", divergence)
    unsafe = d.unsafe or "finite for every output v of the critic within ±10⁴"
    return Objective(
        critic=lambda real, fake: d.composite(fake).mean() - d.activation(real).mean(),
        generator={
            "minimax": lambda real, fake: -d.composite(fake).mean(),
            "non_saturating": lambda real, fake: -d.activation(fake).mean(),
        }[update],
        notes=(f"the bound of {name_of(divergence)} in float32: {unsafe}",),
    )

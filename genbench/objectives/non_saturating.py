"""The non-saturating objective of Goodfellow et al. (2014), section 3: the generator maximises E log D(G(z)).

The critic's loss is the minimax one. The generator's gradient does not vanish where the critic is sure.
"""

from torch.nn.functional import softplus

from genbench.objective import Objective


def build() -> Objective:
    """Critic: −E log σ(v_real) − E log(1 − σ(v_fake)); generator: −E log σ(v_fake)."""
    return Objective(
        critic=lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
        generator=lambda fake: softplus(-fake).mean(),
    )

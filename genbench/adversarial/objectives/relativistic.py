"""The relativistic pairing objective: Jolicoeur-Martineau (2019); with penalties r1 and r2 R3GAN, Huang et al. (2024).

Each generated image is judged against a real one: critic E softplus(−(v(real) − v(fake))), generator
E softplus(−(v(fake) − v(real))), pairs being those of the batch. Only differences of outputs matter, and a
generator that drops a mode keeps losing to it, so that the landscape has no basins of mode collapse.
"""

from torch.nn.functional import softplus

from genbench.adversarial.objectives import Objective

FAMILY = "other GAN"


def build() -> Objective:
    """Build the relativistic losses; R3GAN adds `penalties: [{name: r1, weight: ...}, {name: r2, weight: ...}]`."""
    return Objective(
        critic=lambda real, fake: softplus(fake - real).mean(),
        generator=lambda real, fake: softplus(real - fake).mean(),
        paired=True,
    )

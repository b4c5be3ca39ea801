"""The hinge objective: Lim and Ye (2017); Miyato et al. (2018), equations 16 and 17.

Critic: E max(0, 1 − v(real)) + E max(0, 1 + v(fake)), deaf to images that are beyond the margin; generator:
−E v(fake).
"""

from torch.nn.functional import relu

from genbench.adversarial.objectives import Objective

FAMILY = "other GAN"


def build() -> Objective:
    """Build the hinge losses; the margin is 1."""
    return Objective(
        critic=lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
        generator=lambda real, fake: -fake.mean(),
    )

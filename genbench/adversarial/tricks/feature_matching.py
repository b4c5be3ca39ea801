"""Feature matching: Salimans et al. (2016), section 3.1.

The generator minimises ‖E f(x) − E f(G(z))‖², f the critic's features before its last layer, in place of the
objective's loss: it matches statistics that the critic found telling, and overtrains less on the critic of the day.
"""

import torch
from torch import Tensor

from genbench.adversarial.tricks import Trick
from genbench.networks import Critic


class FeatureMatching(Trick):
    """The generator's loss becomes the squared distance of mean features."""

    whole_batch = "feature matching compares means over a batch"

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = critic.features(real).mean(0)
        loss: Tensor = (critic.features(fake).mean(0) - wanted).square().sum()
        return loss


def build() -> FeatureMatching:
    """Build the trick, which has no options."""
    return FeatureMatching()

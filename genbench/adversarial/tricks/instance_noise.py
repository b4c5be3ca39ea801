"""Instance noise: Sønderby et al. (2017); Arjovsky and Bottou (2017), section 3.

The critic sees real and generated images with normal noise on both, so that their distributions overlap and
divergences between them are finite and smooth. Its standard deviation falls linearly from `sd` to 0.
"""

import torch
from torch import Tensor

from genbench.adversarial.tricks import Trick
from genbench.options import Count, Positive
from genbench.per_image_random import normal_rows

EXAMPLES = ({"sd": 0.5, "steps": 100},)


class InstanceNoise(Trick):
    """Noise of standard deviation sd · (1 − (step − 1) / steps), none from step `steps` + 1."""

    def __init__(self, sd: float, steps: int) -> None:
        super().__init__()
        self._sd, self._steps = sd, steps

    def seen(self, images: Tensor, rng: torch.Generator, step: int) -> Tensor:
        if step > self._steps:
            return images
        sd = self._sd * (1 - (step - 1) / self._steps)
        return images + sd * normal_rows(*images.shape, rng=rng).to(images)


def build(*, sd: Positive, steps: Count) -> InstanceNoise:
    """Build the trick; `sd` is at the first step, where pixels span [-1, 1], and the noise ends after `steps`."""
    return InstanceNoise(sd, steps)
